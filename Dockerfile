# iaipy with its pinned environment: docker run --rm -v "$PWD:/work" iaipy run
# docs/image.md describes it; ci/image builds and tests it.
ARG BASE=debian:trixie-slim

FROM ${BASE} AS build
RUN apt-get update \
    && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends python3 python3-venv
WORKDIR /source
COPY pyproject.toml README.md LICENSE ./
COPY iaipy iaipy
RUN python3 -m venv /opt/iaipy \
    && /opt/iaipy/bin/python -m pip install --no-cache-dir . \
    && find /opt/iaipy -type d -name tests -prune -exec rm -r {} +

FROM ${BASE}
# git tells a run's commit, and python3-venv lets `iaipy compare --base` build two revisions. Of valgrind's tools,
# memcheck stays: without it `valgrind --version` says nothing.
RUN apt-get update \
    && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends git python3 python3-venv valgrind \
    && find /usr/libexec/valgrind \( -name '*-x86-linux*' -o -name 'drd-*' -o -name 'helgrind-*' \) -delete \
    && rm -rf /var/lib/apt/lists/* /var/cache/apt /var/log/apt /var/log/dpkg.log /usr/share/doc /usr/share/man /usr/share/locale
COPY --from=build /opt/iaipy /opt/iaipy
COPY ci/image-entry /usr/local/bin/iaipy-entry
# Whoever the project belongs to may use the home folder.
RUN useradd --create-home --uid 1000 iaipy && chmod 1777 /home/iaipy && install -d -o iaipy -g iaipy /work
ENV PATH=/opt/iaipy/bin:/usr/local/bin:/usr/bin:/bin HOME=/home/iaipy LANG=C.UTF-8
WORKDIR /work
ENTRYPOINT ["iaipy-entry"]
CMD ["--help"]
