#!/usr/bin/env python3
"""Checks the rules of ARCHITECTURE.md that a compiler does not.

  levels   a file includes headers of its own module and of those on its module's DEPS line in CMakeLists.txt;
           DEPS name modules declared earlier and never of a higher level
  pure     levels 1-6 see no clock, randomness, file, socket, thread or lock except through a parameter
  size     no source file above 600 lines
  paths    no path of somebody's machine and no package host in a tracked file
  marks    no note that something is still to be written
  docs     ARCHITECTURE.md names every module with its level, docs/adr/README.md every decision; relative links lead
           to files that exist

check_levels.py [ROOT] prints one line per finding and exits 1 if there is any; --self-test plants one violation of
each kind in a scratch tree and fails unless each is found, alone.
"""
import pathlib
import re
import subprocess
import sys
import tempfile

MAX_LINES = 600
SOURCES = {".cpp", ".hpp"}
OUTSIDE = re.compile(r"_(test|bench|fuzz)\.cpp$|_for_test\.[ch]pp$")  # may touch the world
WORLD = re.compile(
    r"^\s*#\s*include\s*<(chrono|ctime|random|fstream|iostream|filesystem|thread|mutex|shared_mutex|condition_variable|"
    r"future|unistd\.h|fcntl\.h|time\.h|sys/.*|netinet/.*|arpa/.*|boost/.*|rocksdb/.*|sqlite3\.h|spdlog/.*)>")
# Files of pure levels that touch the world, each with its reason.
WORLD_ALLOWED = {
    "src/crypto/random.cpp": "the real Entropy; only mains and tests make one",
    "src/poly/srs.cpp": "reads one immutable file, pinned by its digest",
}
# Split so that this file does not contain them.
PATHS = re.compile("|".join(["/wo" + "rk/", "/ro" + "ot/", "/ho" + "me/", "/tm" + "p/build", "crates" + r"\.io",
                             "deb" + r"\.debian\.org", "npm" + r"js\.(org|com)", "py" + r"pi\.org",
                             "proxy" + r"\.golang"]))
PATHS_EXEMPT = re.compile(r"(Cargo\.lock|package-lock\.json|go\.sum)$")
MARKS = re.compile(r"\b(TO" + "DO|FIX" + "ME|XX" + "X|HA" + "CK)\\b")


def read_modules(root):
    """name -> (level, deps, test_deps), in declaration order."""
    modules = {}
    for line in (root / "CMakeLists.txt").read_text().splitlines():
        m = re.match(r"sotto_module\((\w+)\s*(.*?)\)\s*#\s*(\d+)", line)
        if not m:
            if line.startswith("sotto_module("):
                raise SystemExit(f"CMakeLists.txt: no level comment on: {line}")
            continue
        words = {"DEPS": [], "TEST_DEPS": [], "LIBS": []}
        key = None
        for word in m.group(2).split():
            if word in words:
                key = word
            elif key:
                words[key].append(word)
        modules[m.group(1)] = (int(m.group(3)), words["DEPS"], words["TEST_DEPS"])
    return modules


def check_deps(modules):
    seen = {}
    for name, (level, deps, _) in modules.items():
        for dep in deps:
            if dep not in seen:
                yield f"CMakeLists.txt: levels: {name} depends on {dep}, which is not declared before it"
            elif seen[dep] > level:
                yield f"CMakeLists.txt: levels: {name} (level {level}) depends on {dep} (level {seen[dep]})"
        seen[name] = level


def check_source(path, relative, modules):
    module = relative.parts[1]
    lines = path.read_text(errors="replace").splitlines()
    if len(lines) > MAX_LINES:
        yield f"{relative}: size: {len(lines)} lines, at most {MAX_LINES}"
    if module not in modules:
        yield f"{relative}: levels: module {module} is not in CMakeLists.txt"
        return
    level, deps, test_deps = modules[module]
    outside = OUTSIDE.search(str(relative)) is not None
    allowed = {module, *deps, *(test_deps if outside else [])}
    for number, line in enumerate(lines, 1):
        include = re.match(r'\s*#\s*include\s*["<](\w+)/', line)
        if include and include.group(1) in modules and include.group(1) not in allowed:
            yield f"{relative}:{number}: levels: {module} may not include {include.group(1)}"
        if 1 <= level <= 6 and not outside and str(relative) not in WORLD_ALLOWED and WORLD.match(line):
            yield f"{relative}:{number}: pure: level {level} includes {line.split('include')[1].strip()}"


def check_text(path, relative):
    try:
        text = path.read_text()
    except UnicodeDecodeError:
        return
    for number, line in enumerate(text.splitlines(), 1):
        if not PATHS_EXEMPT.search(relative.name) and (m := PATHS.search(line)):
            yield f"{relative}:{number}: paths: {m.group(0)}"
        if MARKS.search(line):
            yield f"{relative}:{number}: marks: {line.strip()[:80]}"


LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)#\s]+)[^)]*\)")


def check_links(path, relative, root):
    for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
        for target in LINK.findall(line):
            if not (path.parent / target).exists():
                yield f"{relative}:{number}: docs: no file {target}"


def check_documents(root, modules):
    architecture = root / "ARCHITECTURE.md"
    if architecture.exists():
        text = architecture.read_text()
        for name, (level, _, _) in modules.items():
            if not re.search(rf"^\| {level} \| `{name}` \|", text, re.MULTILINE):
                yield f"ARCHITECTURE.md: docs: no row for module {name} at level {level}"
    index = root / "docs/adr/README.md"
    if index.exists():
        numbers = {}
        for page in sorted(index.parent.glob("[0-9]*.md")):
            if f"({page.name})" not in index.read_text():
                yield f"docs/adr/README.md: docs: {page.name} is not listed"
            if numbers.setdefault(page.name[:4], page.name) != page.name:
                yield f"docs/adr/{page.name}: docs: its number is taken by {numbers[page.name[:4]]}"


def tracked_files(root):
    if (root / ".git").exists():
        names = subprocess.run(["git", "-C", str(root), "-c", "safe.directory=*", "ls-files", "-z"],
                               check=True, capture_output=True).stdout.decode().split("\0")
        return [root / n for n in names if n and (root / n).is_file()]
    return [p for p in root.rglob("*") if p.is_file() and not p.relative_to(root).parts[0].startswith("build")]


def findings(root):
    modules = read_modules(root)
    yield from check_deps(modules)
    yield from check_documents(root, modules)
    for path in tracked_files(root):
        relative = path.relative_to(root)
        if relative.parts[0] == "src" and len(relative.parts) > 2 and path.suffix in SOURCES:
            yield from check_source(path, relative, modules)
        # Vectors and the reference string come from elsewhere, word for word.
        if relative.parts[0] != "data" and relative.parts[:2] != ("tests", "vectors"):
            yield from check_text(path, relative)
        if path.suffix == ".md":
            yield from check_links(path, relative, root)


def self_test():
    cmake = "sotto_module(low DEPS base) # 1\nsotto_module(mid DEPS low LIBS x) # 2\nsotto_module(high DEPS mid) # 7\n"
    cmake = "sotto_module(base) # 0\n" + cmake
    cases = {  # planted file -> text, kind that must be found (None: nothing)
        "clean": ({"src/mid/a.cpp": '#include "low/a.hpp"\n#include "mid/b.hpp"\n#include <vector>\n',
                   "src/high/a.cpp": "#include <thread>\n", "src/mid/a_test.cpp": "#include <fstream>\n"}, None),
        "upwards": ({"src/low/a.cpp": '#include "mid/a.hpp"\n'}, "levels"),
        "unnamed": ({"src/high/a.cpp": '#include "low/a.hpp"\n'}, "levels"),
        "unknown module": ({"src/other/a.cpp": "\n"}, "levels"),
        "impure": ({"src/mid/a.cpp": "#include <chrono>\n"}, "pure"),
        "long": ({"src/mid/a.cpp": "\n" * (MAX_LINES + 1)}, "size"),
        "path": ({"docs/x.md": "see /ho" + "me/me/x\n"}, "paths"),
        "host": ({"docs/x.md": "from crates" + ".io\n"}, "paths"),
        "mark": ({"src/mid/a.cpp": "// TO" + "DO later\n"}, "marks"),
        "dead link": ({"docs/x.md": "see [y](y.md)\n"}, "docs"),
        "live link": ({"docs/x.md": "see [x](x.md#top), [out](https://example.org)\n"}, None),
        "module not described": ({"ARCHITECTURE.md": "| 0 | `base` |\n| 1 | `low` |\n| 3 | `mid` |\n| 7 | `high` |\n"},
                                 "docs"),
        "decision not listed": ({"docs/adr/README.md": "none\n", "docs/adr/0001-x.md": "x\n"}, "docs"),
        "number taken twice": ({"docs/adr/README.md": "(0001-x.md) (0001-y.md)\n", "docs/adr/0001-x.md": "x\n",
                                "docs/adr/0001-y.md": "y\n"}, "docs"),
        "higher dep": ({"CMakeLists.txt": cmake + "sotto_module(odd DEPS high) # 3\n"}, "levels"),
        "undeclared dep": ({"CMakeLists.txt": cmake + "sotto_module(odd DEPS later) # 9\n"}, "levels"),
    }
    failed = 0
    for name, (files, kind) in cases.items():
        with tempfile.TemporaryDirectory() as scratch:
            root = pathlib.Path(scratch)
            for file, text in {"CMakeLists.txt": cmake, **files}.items():
                (root / file).parent.mkdir(parents=True, exist_ok=True)
                (root / file).write_text(text)
            found = list(findings(root))
        expected = 0 if kind is None else 1
        if len(found) != expected or (kind and f" {kind}: " not in found[0]):
            failed += 1
            print(f"self-test '{name}': expected {kind}, found {found}")
    print(f"self-test: {len(cases) - failed} of {len(cases)} as expected")
    return 1 if failed else 0


def main():
    if "--self-test" in sys.argv:
        return self_test()
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()
    found = list(findings(root))
    for line in found:
        print(line)
    print(f"{len(found)} findings")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
