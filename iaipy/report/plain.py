"""Names from measured code, made fit for a line of text."""


def one_line(text: str) -> str:
    """The text with line breaks, escape sequences and whatever else can't be printed told as escapes."""
    if text.isprintable():
        return text
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape", "backslashreplace").decode()
        for char in text
    )
