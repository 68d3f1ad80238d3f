"""The rules of this tree: libraries, programs in two worlds, tests, the release tar."""

# Bazel shows headers under a folder of links, which is how "tutti/core/x.h" is found. __FILE__ in
# a header must not tell of it: a site is "core/x.h" in every configuration, on every machine.
_LINKED = [
    "core/_virtual_includes/core",
    "core/_private",
    "io/_virtual_includes/io",
    "io/_virtual_includes/real",
    "io/_private",
    "sim/_virtual_includes/sim",
    "sim/_private",
    "instruments/_virtual_includes/instruments",
    "instruments/_private",
]
_COPTS = ["-ffile-prefix-map=$(BINDIR)/%s/tutti/=" % folder for folder in _LINKED]

def _private_headers_impl(ctx):
    links = []
    for header in ctx.files.headers:
        link = ctx.actions.declare_file("_private/tutti/" + header.short_path)
        ctx.actions.symlink(output = link, target_file = header)
        links.append(link)
    return [DefaultInfo(files = depset(links))]

_private_headers = rule(
    implementation = _private_headers_impl,
    attrs = {"headers": attr.label_list(allow_files = [".h"])},
)

def private_headers(headers):
    """Makes the headers X_priv.h of a folder known as "tutti/FOLDER/X_priv.h", in that folder only.

    No other folder has the directory of links on its include path.

    Args:
      headers: file names; may be empty

    Returns:
      what to add to the srcs of the folder's libraries
    """
    if not headers:
        return []
    _private_headers(name = "private", headers = headers)
    return [":private"]

def tutti_library(name, **kwargs):
    """A part of the library, its headers included as "tutti/FOLDER/x.h".

    Args:
      name: as in cc_library
      **kwargs: the other attributes of cc_library
    """
    native.cc_library(
        name = name,
        copts = _COPTS + ["-I$(BINDIR)/%s/_private" % native.package_name()],
        include_prefix = "tutti/" + native.package_name(),
        **kwargs
    )

# For sources whose reads and writes are to be seen by the explorer: sim/track.h. Whatever sanitizer
# the build has is not for them.
TUTTI_TRACK_MEMORY = [
    "-fno-sanitize=all",
    "-fsanitize=thread",
    # Calls stay calls, by the names that track_names.h knows.
    "-fno-builtin",
    "-U_FORTIFY_SOURCE",
    "-include",
    "tutti/sim/track_names.h",
] + select({
    # It leaves out a read that a write to the same place follows: x++ would be a write only.
    "//tools/bazel:clang": ["-mllvm", "-tsan-instrument-read-before-write"],
    "//conditions:default": [],
})

def _unseen(name, library):
    """Makes library NAME: what `library` calls that is not seen."""
    native.genrule(
        name = name + "_list",
        srcs = [library],
        outs = [name + ".c"],
        cmd = "$(location //tools/bazel:unseen.sh) $(locations %s) >$@" % library,
        tools = ["//tools/bazel:unseen.sh"],
    )
    native.cc_library(
        name = name,
        srcs = [name + ".c"],
        copts = _COPTS,
        deps = ["//sim"],
        alwayslink = True,
    )

def tutti_program(name, srcs, deps = [], data = [], track_memory = False, **kwargs):
    """A program that defines tutti_tests: NAME is rehearsed, NAME_real runs in the real world.

    Args:
      name: of the rehearsed one
      srcs: C sources, compiled once for both
      deps: libraries besides core and io
      data: files both may read when they run
      track_memory: what srcs read and write is seen by the explorer (sim/track.h)
      **kwargs: attributes common to the library and the two binaries
    """
    native.cc_library(
        name = name + "_lib",
        srcs = srcs,
        copts = _COPTS + (TUTTI_TRACK_MEMORY if track_memory else []),
        deps = deps + ["//core", "//io"] + (["//sim:track"] if track_memory else []),
        # main() finds the table in here; nothing is to be dropped because nobody asked for it.
        alwayslink = True,
        linkstatic = True,
        **kwargs
    )
    unseen = []
    if track_memory:
        _unseen(name + "_unseen", name + "_lib")
        unseen = [name + "_unseen"]
    native.cc_binary(
        name = name,
        data = data,
        deps = [name + "_lib", "//sim:main"] + unseen,
        **kwargs
    )
    native.cc_binary(
        name = name + "_real",
        data = data,
        deps = [name + "_lib", "//io:main"],
        **kwargs
    )

def tutti_test(name, srcs, deps = ["//:tutti"], copts = [], linkopts = [], **kwargs):
    """A test program written with cmocka.

    Args:
      name: as in cc_test, like srcs
      deps: everything of tutti unless said otherwise
      copts: more of them
      linkopts: more of them
      **kwargs: the other attributes of cc_test
    """
    native.cc_test(
        name = name,
        srcs = srcs,
        deps = deps,
        copts = _COPTS + copts,
        linkopts = linkopts + ["-lcmocka"],
        **kwargs
    )

def tutti_command(name, srcs, deps, **kwargs):
    """A command of ours: a plain cc_binary that sees headers the way the libraries do.

    Args:
      name: as in cc_binary, like srcs and deps
      **kwargs: the other attributes of cc_binary
    """
    native.cc_binary(name = name, srcs = srcs, deps = deps, copts = _COPTS, **kwargs)

def tutti_tests(sources, headers = [], needs = {}):
    """A tutti_test for each source file, named like it.

    Args:
      sources: C files
      headers: what all of them may include
      needs: more attributes of some: {name of the test: {attribute: value}}
    """
    for source in sources:
        name = source[:-len(".c")]
        tutti_test(name = name, srcs = [source] + headers, **needs.get(name, {}))
