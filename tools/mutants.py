#!/usr/bin/env python3
# Do the tests bite? tests/mutants/MODULE/NAME.patch breaks one line; its test must then fail (tests/mutants/README.md, ADR 0117).
# Works in its own copy of the tree, build-mutants/tree, and keeps what it learnt in build-mutants/results.json.
import argparse, contextlib, fcntl, hashlib, json, os, random, re, shutil, signal, subprocess, sys, tempfile, time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PATCHES, EQUIVALENT = "tests/mutants", "tests/mutants/equivalent.txt"
TIMEOUT_S = 300                      # of one run of a filter; a mutant that hangs is killed by that
KILLED, SURVIVED, BROKEN = "killed", "survived", "broken"


class Broken(Exception):
    """The patch, its test or the tree is at fault; says nothing about whether a test bites."""


class Mutant:
    """`hunks`: (file, old lines, new lines). `tests`: (ninja target, gtest filter) each; the first that fails has killed it."""

    def __init__(self, name, what, tests, hunks, fails_to_compile=False):
        self.name, self.what, self.tests, self.hunks, self.fails_to_compile = name, what, tests, hunks, fails_to_compile
        self.text = json.dumps([tests, hunks, fails_to_compile])


def parse(name, text):
    """Header lines `what: ...`, `kills: TARGET FILTER` (several allowed) or `kills: TARGET compiler`, then a unified diff."""
    what, tests, hunks, fails, file = "", [], [], False, None
    for line in text.splitlines():
        if file is None and line.startswith("what: "):
            what = line[6:]
        elif file is None and line.startswith("kills: "):
            target, rule = line[7:].split()
            fails = fails or rule == "compiler"
            tests.append((target, rule))
        elif line.startswith("--- "):
            continue
        elif line.startswith("+++ b/"):
            file = line[6:]
        elif line.startswith("@@"):
            hunks.append((file, [], []))
        elif file is not None and hunks and line[:1] in (" ", "-", "+"):
            if line[0] != "+":
                hunks[-1][1].append(line[1:])
            if line[0] != "-":
                hunks[-1][2].append(line[1:])
        elif line.strip():
            raise Broken(f"{name}: a line that is neither header nor diff: {line}")
    if not (what and tests and hunks):
        raise Broken(f"{name}: needs what:, kills: and a diff")
    return Mutant(name, what, tests, hunks, fails)


def apply(source, hunks):
    """By content, not by line number, so that code may move; where the old lines stand not exactly once the patch no longer applies."""
    for file, old, new in hunks:
        lines = source[file].split("\n")
        at = [i for i in range(len(lines) - len(old) + 1) if lines[i:i + len(old)] == old]
        if len(at) != 1:
            raise Broken(f"{file}: the patched lines stand there {len(at)} times: {old[0].strip()}")
        source[file] = "\n".join(lines[:at[0]] + new + lines[at[0] + len(old):])
    return source


def read(path):
    with open(path, encoding="utf-8") as f:
        return f.read()


def write(path, text):
    """Always with a new time, so that ninja sees it, also when it goes back to what it was."""
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)


CANDIDATES = "candidates"            # written, and never judged


def load(root):
    out = []
    for folder, _, files in sorted(os.walk(os.path.join(root, PATCHES))):
        if CANDIDATES in os.path.relpath(folder, root).split(os.sep):
            continue
        for file in sorted(files):
            if file.endswith(".patch"):
                name = os.path.relpath(os.path.join(folder, file), os.path.join(root, PATCHES))[:-6]
                out.append(parse(name, read(os.path.join(folder, file))))
    return out


# ---- the copy of the tree

class Tree:
    switches = True

    def __init__(self, root, jobs):
        self.root, self.jobs = root, jobs
        self.work = os.path.join(root, "build-mutants")
        self.copy, self.build = os.path.join(self.work, "tree"), os.path.join(self.work, "tree", "build")
        # One cache for the copy and the tree itself: both compile the same bytes under the same relative names.
        self.env = dict(os.environ, CCACHE_BASEDIR=os.environ.get("CCACHE_BASEDIR", root), CCACHE_NOHASHDIR="1")

    def sync(self):
        """What git knows or would add, written only where it differs."""
        names = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=self.root, check=True, capture_output=True)
        wanted = {n for n in names.stdout.decode().split("\0") if n and os.path.isfile(os.path.join(self.root, n))}
        for folder, folders, files in os.walk(self.copy):
            if os.path.abspath(folder) == os.path.abspath(self.copy) and "build" in folders:
                folders.remove("build")
            for file in files:
                path = os.path.join(folder, file)
                if os.path.relpath(path, self.copy) not in wanted:
                    os.remove(path)
        for name in sorted(wanted):
            source, target = os.path.join(self.root, name), os.path.join(self.copy, name)
            with open(source, "rb") as f:
                content = f.read()
            if os.path.exists(target):
                with open(target, "rb") as f:
                    if f.read() == content:
                        continue
            os.makedirs(os.path.dirname(target), exist_ok=True)
            shutil.copyfile(source, target)
            shutil.copymode(source, target)
        if not os.path.exists(os.path.join(self.build, "build.ninja")):
            subprocess.run(["cmake", "--preset", "release"], cwd=self.copy, env=self.env, check=True, stdout=subprocess.DEVNULL)

    def ninja(self, target):
        done = subprocess.run(["ninja", "-C", self.build, f"-j{self.jobs}", target], env=self.env, capture_output=True, text=True)
        return done.returncode == 0, done.stdout[-20000:]

    def test(self, target, rule, switch=None):
        """True if it passes. Whoever hangs is ended with its children."""
        command = [os.path.join(self.build, target), f"--gtest_filter={rule}", "--gtest_fail_fast", "--gtest_brief=1"]
        child = subprocess.Popen(command, cwd=self.build, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
                                 env=dict(os.environ, SOTTO_MUTANT=str(-1 if switch is None else switch)))
        try:
            child.communicate(timeout=TIMEOUT_S)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            child.communicate()
            return False
        return child.returncode == 0

    def matches(self, target, rule):
        """A pattern of a filter that names no test is a mistake, or a test that was renamed."""
        def listed(pattern):
            command = [os.path.join(self.build, target), "--gtest_list_tests", f"--gtest_filter={pattern}"]
            return any(line.startswith("  ") for line in subprocess.run(command, capture_output=True, text=True).stdout.splitlines())
        return all(listed(pattern) for pattern in rule.split(":"))

    def digest(self, target):
        with open(os.path.join(self.build, target), "rb") as f:
            return hashlib.sha256(f.read()).hexdigest()

    @contextlib.contextmanager
    def mutated(self, hunks):
        before = {file: read(os.path.join(self.copy, file)) for file, _, _ in hunks}
        after = apply(dict(before), hunks)
        try:
            for file, text in after.items():
                write(os.path.join(self.copy, file), text)
            yield
        finally:
            for file, text in before.items():
                write(os.path.join(self.copy, file), text)


class Results:
    """By patch and by the unmutated program that tests it: whatever of the sources matters to a verdict is in that program."""

    def __init__(self, path):
        self.path = path
        self.known = json.loads(read(path)) if os.path.exists(path) else {}

    def put(self, key, value):
        self.known[key] = value
        write(self.path + ".new", json.dumps(self.known, indent=1, sort_keys=True))
        os.replace(self.path + ".new", self.path)


def key_of(mutant, digests):
    return hashlib.sha256(json.dumps([mutant.text, digests]).encode()).hexdigest()


def judge(tree, mutant):
    with tree.mutated(mutant.hunks):
        for target, rule in mutant.tests:
            built, output = tree.ninja(target)
            if not built and mutant.fails_to_compile:
                return KILLED
            if not built:
                raise Broken("does not compile: " + next((line for line in output.splitlines() if "error:" in line), "?"))
            if rule != "compiler" and not tree.test(target, rule):
                return KILLED
    return SURVIVED


def check_unmutated(tree, results, tests, digests, sound):
    """What fails without any mutant kills nothing. All filters of a program at once; one by one only if that fails."""
    def at(target, rule):
        return "passes " + digests[target] + " " + rule

    for target in sorted({t for t, _ in tests}):
        rules = sorted(r for t, r in tests if t == target and at(t, r) not in results.known)
        sound.update({(t, r): True for t, r in tests if t == target and r not in rules})
        together = len(rules) > 1 and tree.test(target, ":".join(rules))
        for rule in rules:
            sound[target, rule] = tree.matches(target, rule) and (together or tree.test(target, rule))
            if sound[target, rule]:
                results.put(at(target, rule), {"verdict": "passes"})


def run(tree, mutants, minutes=None, again=False):
    """Judges what is not known yet, those of one test program after each other. Returns {name: verdict}."""
    tree.sync()
    results = Results(os.path.join(tree.work, "results.json"))
    verdicts, digests, sound = {}, {}, {}

    def unmutated():                 # all programs of this run, before anything is changed
        for target in sorted({t for m in mutants for t, _ in m.tests}):
            built, output = tree.ninja(target)
            if not built:
                raise Broken(f"{target} does not build without any mutant:\n{output}")
            digests[target] = tree.digest(target)

    unmutated()
    waiting = []
    for m in mutants:
        key = key_of(m, [digests[t] for t, _ in m.tests])
        known = results.known.get(key)
        if known and not again and known["verdict"] != BROKEN:
            verdicts[m.name] = known["verdict"]
        else:
            waiting.append((m, key))
    check_unmutated(tree, results, {t for m, _ in waiting for t in m.tests if t[1] != "compiler"}, digests, sound)
    until = time.monotonic() + 60 * minutes if minutes else None   # the programs themselves take what they take
    waiting.sort(key=lambda pair: (pair[0].tests[0][0], sorted(pair[0].hunks)[0][0], pair[0].name))

    def over():
        return until is not None and time.monotonic() > until

    def settle(m, key, ask):
        begin = time.monotonic()
        try:
            bad = [t for t in m.tests if sound.get(t) is False]
            if bad:
                raise Broken(f"{' '.join(bad[0])} fails without any mutant, or a pattern of it names no test")
            verdict, why = ask(m), ""
        except Broken as fault:
            verdict, why = BROKEN, f": {fault}"
        verdicts[m.name] = verdict
        results.put(key, {"name": m.name, "verdict": verdict})
        print(f"  {verdict:9} {m.name} ({time.monotonic() - begin:.0f} s){why}", flush=True)

    for target in sorted({m.tests[0][0] for m, _ in waiting}):
        lot = [(m, k) for m, k in waiting if m.tests[0][0] == target]
        served, before = ({}, {}) if over() or not tree.switches else with_switches(tree, [m for m, _ in lot])
        rules = ":".join(sorted({r for m, _ in lot if m.name in served for t, r in m.tests if t == target and sound.get((t, r))}))
        if rules and not tree.test(target, rules):
            print(f"  the switches of {target} do harm: each of its mutants by itself", flush=True)
            served = {}
        for m, key in lot:
            if m.name in served and not over():
                settle(m, key, lambda m: SURVIVED if all(tree.test(t, r, served[m.name]) for t, r in m.tests) else KILLED)
        for path, text in before.items():
            write(path, text)
        for m, key in lot:
            if m.name not in served and not over():
                settle(m, key, lambda m: judge(tree, m))
    return verdicts


def score(mutants, verdicts):
    count = {v: sum(1 for n in verdicts.values() if n == v) for v in (KILLED, SURVIVED, BROKEN)}
    tried = len(verdicts)
    print(f"mutants: {tried} of {len(mutants)} tried, {count[KILLED]} killed, {count[SURVIVED]} survived, {count[BROKEN]} broken: "
          f"{100 * count[KILLED] // tried if tried else 100} %")
    for m in mutants:
        if verdicts.get(m.name) in (SURVIVED, BROKEN):
            print(f"  {verdicts[m.name]:9} {m.name}: {m.what}")
    return count[SURVIVED] + count[BROKEN] == 0


# ---- many mutants in one program: each behind a switch, so that one compilation serves all of a file

SWITCH = """#include <cstdlib>
#ifndef SOTTO_MUTANT_SWITCH
#define SOTTO_MUTANT_SWITCH
namespace sotto_mutants {
inline bool on(int i) {
  static const int chosen = [] { const char* v = std::getenv("SOTTO_MUTANT"); return v == nullptr ? -1 : std::atoi(v); }();
  return chosen == i;
}
}
#endif
#line 1
"""
DECLARES = re.compile(r"(const|constexpr|static|auto|using|struct|class|template|friend|enum|typedef|typename|virtual|explicit|inline|unsigned|TRY\(|public|private)\b"
                      r"|[\w:]+(<[^()]*>)?[&*]? [&*]?\w+(\{.*\}|\[.*\])?( = .*|\(.*\)|, .*)?;|goto |case |default:|else\b|\}|#|//")


def code_of(line):
    return re.sub(r"\s*//.*", "", line).strip()


def balanced(text):
    return all(text.count(a) == text.count(b) for a, b in ("()", "{}", "[]"))


def is_statement(lines, i):
    """A whole statement on one line that declares nothing others could use, where another may stand."""
    code = code_of(lines[i])
    if not code.endswith(";") or not balanced(code) or (DECLARES.match(code) and not re.match(r"(return|delete|continue|break)\b", code)):
        return False
    before = next((code_of(lines[k]) for k in range(i - 1, -1, -1) if code_of(lines[k])), "")
    after = next((code_of(lines[k]) for k in range(i + 1, len(lines)) if code_of(lines[k])), "")
    opens = before.endswith((";", "{", "}", "else")) or re.match(r"(\} )?(else )?(if|for|while)\b.*\)$", before) is not None
    return opens and balanced(before.lstrip("} ").rstrip("{ ")) and not after.startswith("else")


CONDITION = re.compile(r"(\s*(?:\} else |else )?(?:if|while) \()(.*)(\) (?:\{|(?:return|continue|break)\b[^()]*(?:\(.*\))?[^()]*;|[\w.\->]+ = .*;))$")


def condition_of(line):
    match = CONDITION.match(re.sub(r"\s*//.*", "", line))
    if not match or not balanced(match.group(2)) or ";" in match.group(2):
        return None
    return match.groups()


def switched(lines, changes):
    """`changes`: {line index: [(number, new line or None)]}. Returns ({line index: line with its switches}, numbers that have none)."""
    made, without = {}, []
    for i, alternatives in changes.items():
        old = condition_of(lines[i])
        conditions = [(n, condition_of(new) if new else None) for n, new in alternatives]
        if old and all(c and (c[0], c[2]) == (old[0], old[2]) for _, c in conditions):
            made[i] = old[0] + "".join(f"sotto_mutants::on({n}) ? static_cast<bool>({c[1]}) : " for n, c in conditions) + f"static_cast<bool>({old[1]})" + old[2]
            continue
        fit = [(n, new) for n, new in alternatives if is_statement(lines, i) and (new is None or not code_of(new) or is_statement(lines[:i] + [new] + lines[i + 1:], i))]
        without += [n for n, _ in alternatives if n not in {m for m, _ in fit}]
        if fit:
            made[i] = "{ " + "".join(f"if (sotto_mutants::on({n})) {{ {code_of(new or '')} }} else " for n, new in fit) + f"{{ {code_of(lines[i])} }} }}"
    return made, without


def place(text, hunk):
    """(line index, new line or None) of a hunk that changes or drops one line; else nothing."""
    _, old, new = hunk
    lines = text.split("\n")
    at = [i for i in range(len(lines) - len(old) + 1) if lines[i:i + len(old)] == old]
    if len(at) != 1:
        return None
    if len(new) == len(old):
        different = [k for k in range(len(old)) if old[k] != new[k]]
        return (at[0] + different[0], new[different[0]]) if len(different) == 1 else None
    if len(new) == len(old) - 1:
        k = next((k for k in range(len(new)) if old[k] != new[k]), len(new))
        return (at[0] + k, None) if old[k + 1:] == new[k:] else None
    return None


def with_switches(tree, mutants):
    """Puts switches for as many mutants as will compile into the copy. Returns {name: number} and what the files were."""
    numbers = {m.name: n for n, m in enumerate(mutants)}
    by_file = {}
    for m in mutants:
        if len(m.hunks) == 1 and not m.fails_to_compile:
            by_file.setdefault(m.hunks[0][0], []).append(m)
    served, before = {}, {}
    for file, here in sorted(by_file.items()):
        path = os.path.join(tree.copy, file)
        original = read(path)
        lines = original.split("\n")
        changes = {}
        for m in here:
            found = place(original, m.hunks[0])
            if found:
                changes.setdefault(found[0], []).append((numbers[m.name], found[1]))
        targets = sorted({t for m in here for t, _ in m.tests})
        for _ in range(6):
            made, without = switched(lines, changes)
            if not made:
                break
            write(path, SWITCH + "\n".join(made.get(i, line) for i, line in enumerate(lines)))
            output = next((text for built, text in (tree.ninja(t) for t in targets) if not built), None)
            if output is None:
                inside = {n for i in made for n, _ in changes[i]} - set(without)
                served.update({m.name: numbers[m.name] for m in here if numbers[m.name] in inside})
                break
            wrong = {int(n) - 1 for n in re.findall(re.escape(os.path.basename(file)) + r":(\d+):", output)} & set(made)
            if not wrong:
                made = {}
                break
            for i in wrong:
                del changes[i]
        else:
            made = {}
        if not made:
            write(path, original)
        else:
            before[path] = original
    return served, before


# ---- operators: mutants that nobody thought of

COMPARISONS = {"<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "=="}
MODULES = {"plonk": "plonk_test", "gadget": "gadget_test", "circuit": "circuit_test", "note": "note_test", "ledger": "ledger_test",
           "settle": "settle_test", "wallet": "wallet_test", "poly": "poly_test", "crypto": "crypto_test"}


def operators(line):
    """(kind, changed line) of everything a line can be made to say wrongly."""
    code = line.split("//")[0]
    if not code.strip() or code.lstrip().startswith(("#", "using", "template", "case ", "CHECK", "static_assert", "}", "namespace")) or '"' in code:
        return
    for at in re.finditer(r" (<=|>=|==|!=|<|>) ", code):
        sign = at.group(1)
        yield "comparison", line[:at.start(1)] + COMPARISONS[sign] + line[at.end(1):]
    for at in re.finditer(r" (&&|\|\|) ", code):
        yield "connective", line[:at.start(1)] + ("||" if at.group(1) == "&&" else "&&") + line[at.end(1):]
    for at in re.finditer(r" (\+|-)(=?) ", code):
        yield "sign", line[:at.start(1)] + ("-" if at.group(1) == "+" else "+") + line[at.end(1):]
    for at in re.finditer(r"(?<![\w.\[<])([01])(?![\w.:>])", code):
        yield "constant", line[:at.start(1)] + ("1" if at.group(1) == "0" else "0") + line[at.end(1):]
    for at in re.finditer(r"\b(true|false)\b", code):
        yield "constant", line[:at.start(1)] + ("false" if at.group(1) == "true" else "true") + line[at.end(1):]
    indent = code[:len(code) - len(code.lstrip())]
    if re.fullmatch(r"\s*(for \(.*\) )?TRY_OK\(.*\);\s*", code) or re.fullmatch(r"\s*if \(.*\) return (Failure|std::nullopt|false|refuse|answer).*;\s*", code):
        yield "skipped check", indent + "// " + line.lstrip()
    elif re.fullmatch(r"\s*[\w.\->\[\]()]+ [+\-*]?= .*;\s*", code) or re.fullmatch(r"\s*[\w.\->]+\(.*\);\s*", code):
        yield "dropped statement", indent + "// " + line.lstrip()
    for at in re.finditer(r"(?<=\()!(?=\w)|(?<= )!(?=\w)", code):
        yield "negation", line[:at.start()] + line[at.end():]


def generated(root, modules):
    """Every mutant the operators make of the modules' product files. Its test is all of the module's."""
    out = []
    for module in modules:
        folder = os.path.join(root, "src", module)
        for name in sorted(os.listdir(folder)):
            if not name.endswith((".cpp", ".hpp")) or re.search(r"(_test|_fuzz|_main|_for_test|_bench)\.|reference|bip39_words", name):
                continue
            file = f"src/{module}/{name}"
            lines = read(os.path.join(root, file)).split("\n")
            for i, line in enumerate(lines):
                for kind, changed in operators(line):
                    old, new = [line], [changed]
                    for wider in range(1, 4):               # context until the place is unique
                        if sum(lines[k:k + len(old)] == old for k in range(len(lines))) == 1:
                            break
                        begin = max(0, i - wider)
                        old, new = lines[begin:i + 1], lines[begin:i] + [changed]
                    tag = hashlib.sha256("\n".join([file, *old, *new]).encode()).hexdigest()[:8]
                    out.append(Mutant(f"generated/{module}/{tag}", f"{kind} at {file}:{i + 1}: {changed.strip()}",
                                      [(MODULES[module], "*")], [(file, old, new)]))
    return out


def equivalents(root):
    """tag -> sentence, of generated mutants that change nothing anybody could see."""
    path = os.path.join(root, EQUIVALENT)
    lines = read(path).splitlines() if os.path.exists(path) else []
    return dict(line.split(maxsplit=1) for line in lines if line.strip() and not line.startswith("#"))


def try_generated(tree, count, seed, modules, minutes):
    known = equivalents(tree.root)
    pool = [m for m in generated(tree.root, modules) if m.name.rsplit("/", 1)[1] not in known]
    lot = random.Random(seed).sample(pool, min(count, len(pool)))
    print(f"generated mutants: {len(lot)} of {len(pool)} by seed {seed}; {len(known)} argued equivalent")
    verdicts = run(tree, sorted(lot, key=lambda m: m.name), minutes)
    compiled = [m for m in lot if verdicts.get(m.name) != BROKEN]          # a generated line need not compile: such are no mutants
    return compiled, {m.name: verdicts[m.name] for m in compiled if m.name in verdicts}


# ---- the tool's own test

def self_test():
    """On a tree of its own with a stand-in for the build: what is killed, survives, is refused, is resumed, and that nothing else changes."""
    good = parse("m/a", "what: lets ten in\nkills: t_test A.*\n--- a/f\n+++ b/f\n@@ -1 +1 @@\n-if (x < 10)\n+if (x <= 10)\n")
    assert apply({"f": "a\nif (x < 10)\nb"}, good.hunks) == {"f": "a\nif (x <= 10)\nb"}
    for text in ("a", "if (x < 10)\nif (x < 10)"):
        try:
            apply({"f": text}, good.hunks)
            raise SystemExit("a patch that applies nowhere or twice was taken")
        except Broken:
            pass
    for text in ("kills: t A\n+++ b/f\n@@\n-a\n+b\n", "what: x\n+++ b/f\n@@\n-a\n+b\n", "what: x\nkills: t A\n"):
        try:
            parse("m", text)
            raise SystemExit("a patch without its header was taken")
        except Broken:
            pass
    made = {changed for _, changed in operators("  if (a < b && !c) return Failure{x + 1};")}
    for wanted in ("  if (a <= b && !c) return Failure{x + 1};", "  if (a < b || !c) return Failure{x + 1};", "  if (a < b && c) return Failure{x + 1};",
                   "  if (a < b && !c) return Failure{x - 1};", "  if (a < b && !c) return Failure{x + 0};", "  // if (a < b && !c) return Failure{x + 1};"):
        assert wanted in made, wanted
    assert not list(operators("// a < b")) and not list(operators('  say("a < b");'))

    lines = ["void f() {", "  if (a < b) return g();", "  const int x = 1;", "  for (i : v)", "    h(i);", "  if (a == b) {", "    h(", "        1);", "  }", "  else", "    h(2);", "}"]
    made, without = switched(lines, {1: [(0, "  if (a <= b) return g();"), (1, "  if (a > b) return g();")], 2: [(2, "  const int x = 0;")], 4: [(3, None)],
                                     5: [(4, "  if (a != b) {")], 7: [(5, "        2);")], 10: [(6, "    h(3);")]})
    assert without == [2, 5] and set(made) == {1, 4, 5, 10}, (made, without)
    assert made[1].count("sotto_mutants::on") == 2 and made[1].endswith("static_cast<bool>(a < b)) return g();"), made[1]
    assert made[4] == "{ if (sotto_mutants::on(3)) {  } else { h(i); } }", made[4]

    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["git", "init", "-q", folder], check=True)
        write(os.path.join(folder, ".gitignore"), "build*/\n")
        write(os.path.join(folder, "f"), "limit 10\nunused 1\n")

        class StandIn(Tree):            # the program is the file; its test wants the limit to be 10
            judged, switches = 0, False

            def sync(self):
                os.makedirs(self.build, exist_ok=True)
                shutil.copyfile(os.path.join(self.root, "f"), os.path.join(self.copy, "f"))

            def ninja(self, target):
                text = read(os.path.join(self.copy, "f"))
                if "syntax" in text:
                    return False, "error"
                write(os.path.join(self.build, target), text)
                return True, ""

            def test(self, target, rule, switch=None):
                StandIn.judged += 1
                return "limit 10" in read(os.path.join(self.build, target)) and "Fails.*" not in rule

            def matches(self, target, rule):
                return rule != "Nothing.*"

        def mutant(name, old, new, rule="A.*", fails=False):
            return Mutant(name, "x", [("t_test", rule)], [("f", [old], [new])], fails)
        tree = StandIn(folder, 1)
        lot = [mutant("killed", "limit 10", "limit 11"), mutant("survives", "unused 1", "unused 2"), mutant("gone", "limit 9", "limit 8"),
               mutant("no build", "limit 10", "syntax"), mutant("declared", "limit 10", "syntax", "compiler", True),
               mutant("unsound", "limit 10", "limit 11", "Fails.*"), mutant("renamed", "limit 10", "limit 11", "Nothing.*")]
        with open(os.devnull, "w") as quiet, contextlib.redirect_stdout(quiet):
            verdicts = run(tree, lot)
            assert verdicts == {"killed": KILLED, "survives": SURVIVED, "gone": BROKEN, "no build": BROKEN, "declared": KILLED, "unsound": BROKEN, "renamed": BROKEN}, verdicts
            assert not score(lot, verdicts) and score(lot[:1], {"killed": KILLED})
            before = StandIn.judged
            run(tree, lot[:2])
            assert StandIn.judged == before, "what is known was tried again"
            write(os.path.join(folder, "f"), "limit 10\nunused 7\n")
            run(tree, lot[:1])
            assert StandIn.judged == before + 2, "another program is another question"
        assert read(os.path.join(tree.copy, "f")) == read(os.path.join(folder, "f")) == "limit 10\nunused 7\n"
    for m in load(ROOT):             # every patch still applies to this tree
        apply({file: read(os.path.join(ROOT, file)) for file, _, _ in m.hunks}, m.hunks)
    print("mutants: the tool's own test passes")


def main():
    parser = argparse.ArgumentParser(description="breaks one line at a time and runs the test that must notice")
    parser.add_argument("--self-test", action="store_true", help="tests this tool, and that every patch applies (seconds)")
    parser.add_argument("--lot", type=float, metavar="PART", help="only this part of all patches, by lot")
    parser.add_argument("--generated", type=int, metavar="COUNT", help="instead of patches, so many lines changed by operators")
    parser.add_argument("--modules", default=",".join(MODULES), help="where --generated looks")
    parser.add_argument("--seed", help="of the lot; else the commit")
    parser.add_argument("--minutes", type=float, help="begin no mutant after that")
    parser.add_argument("--again", action="store_true", help="also what is known already")
    parser.add_argument("-j", "--jobs", type=int, default=os.cpu_count(), help="of ninja")
    parser.add_argument("names", nargs="*", help="MODULE/NAME or MODULE; else all")
    options = parser.parse_args()
    if options.self_test:
        return self_test()
    seed = options.seed or subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True).stdout.strip()
    tree = Tree(ROOT, options.jobs)
    os.makedirs(tree.work, exist_ok=True)
    lock = open(os.path.join(tree.work, "lock"), "w")   # held until the end: one copy, one run
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise Broken("another run is at work in build-mutants") from None
    if options.generated:
        mutants, verdicts = try_generated(tree, options.generated, seed, options.modules.split(","), options.minutes)
    else:
        mutants = load(ROOT)
        if options.names:
            mutants = [m for m in mutants if m.name in options.names or m.name.split("/")[0] in options.names]
        if options.lot:
            mutants = random.Random(seed).sample(mutants, max(1, round(len(mutants) * options.lot)))
            print(f"mutants: {len(mutants)} by lot, seed {seed}")
        verdicts = run(tree, mutants, options.minutes, options.again)
    return 0 if mutants and score(mutants, verdicts) else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Broken as fault:
        sys.exit(f"mutants: {fault}")
