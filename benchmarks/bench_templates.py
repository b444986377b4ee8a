"""Text from templates: the confirmation mail of a wholesale order of sixty items, filled in three ways.

It stands for mails, generated configuration and server-side pages. The two ways of the standard library
repeat a line's template for each item, as scripts do; Jinja2 has its loop, its filters and its escaping.
"""

from string import Template
from typing import Any

import jinja2

from iaipy import benchmark, keep

NAMES = ("Wool scarf", "Desk lamp <LED>", "Salt & pepper mill", "Notebook A5", 'Cutting board 15"')
ITEMS: list[dict[str, Any]] = [
    {"name": NAMES[n % 5], "sku": f"SKU-{7000 + 13 * n}", "quantity": 1 + n % 4, "price": 4.5 + 7 * n}
    for n in range(60)
]
ORDER: dict[str, Any] = {
    "number": 4017,
    "customer": "Zoë Kramer",
    "street": "Lindenallee 12",
    "city": "50968 Köln",
    "items": ITEMS,
    "total": sum(item["quantity"] * item["price"] for item in ITEMS),
}

DOLLAR_LINE = Template("  ${quantity} x ${name} (${sku}): ${price} EUR\n")
DOLLAR_MAIL = Template(
    "Dear ${customer},\n\nthank you for order #${number}.\n\n${lines}\n"
    "Total: ${total} EUR ($$ on request)\n\nIt goes to ${street}, ${city}.\n"
)
BRACE_LINE = "  {quantity:>3} x {name:<24} ({sku}): {price:>10,.2f} EUR\n"
BRACE_MAIL = (
    "Dear {order[customer]},\n\nthank you for order #{order[number]:06d}.\n\n{lines}\n"
    "Total: {order[total]:,.2f} EUR\n\nIt goes to {order[street]}, {order[city]}.\n"
)
PAGE = """\
{% macro money(amount) %}{{ "%.2f"|format(amount) }} EUR{% endmacro -%}
<h1>Order {{ number }}</h1>
<p>Dear {{ customer|title }}, thank you.</p>
<table>
{%- for item in items %}
  <tr class="{{ loop.cycle('odd', 'even') }}">
    <td>{{ loop.index }}</td><td>{{ item.name }}</td><td>{{ item.sku|lower }}</td>
    <td>{{ item.quantity }}</td><td>{{ money(item.quantity * item.price) }}</td>
    {%- if item.quantity > 3 %}<td><b>bulk</b></td>{% endif %}
  </tr>
{%- endfor %}
</table>
<p>Total: {{ money(total) }}, to {{ [street, city]|join(", ") }}</p>
"""
ENVIRONMENT = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
COMPILED_PAGE = ENVIRONMENT.from_string(PAGE)


@benchmark(tags="templates")
def string_template() -> None:
    """`string.Template`, a line per item."""
    lines = "".join(DOLLAR_LINE.substitute(item) for item in ITEMS)
    mail = keep(DOLLAR_MAIL.substitute(ORDER, lines=lines))
    assert mail.count("\n") == 68


@benchmark(tags="templates")
def str_format() -> None:
    """`str.format` with widths, precisions and look-ups, a line per item."""
    lines = "".join(BRACE_LINE.format(**item) for item in ITEMS)
    mail = keep(BRACE_MAIL.format(order=ORDER, lines=lines))
    assert mail.count("\n") == 68


@benchmark(tags="templates")
def jinja2_render() -> None:
    """A compiled Jinja2 page with a loop, a macro, filters and escaping."""
    page = keep(COMPILED_PAGE.render(ORDER))
    assert page.count("<tr") == 60
