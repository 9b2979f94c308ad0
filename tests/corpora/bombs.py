"""What would cost minutes or gigabytes, or reach what is not its own: each is refused at once, as text."""

from __future__ import annotations

from orchestrator.catalog.templates import SOURCE_LENGTH_MAX
from orchestrator.documents.compose import ALIASES_MAX, BYTES_MAX
from orchestrator.expressions import LENGTH_MAX

# --- templates ------------------------------------------------------------------------------------------------------

# Each would cost time, reach what is not copy's, or say what a reader of the file cannot foresee.
TEMPLATES = [
    # arithmetic, which Jinja folds while it compiles
    "{{ 9**(9**9) }}",
    "{{ 10**10**10 }}",
    "{{ 'a' * 10**10 }}",
    "{{ 1 + 1 }}",
    "{{ -order.total }}",
    "{{ order.total * 2 }}",
    "{{ order.a ~ order.b }}",
    "{{ '%s' % order.number }}",
    "{{ 2 // 0 }}",
    # constants and containers
    "{{ 'text' }}",
    "{{ 42 }}",
    "{{ none }}",
    "{{ [order.number] }}",
    "{{ {'a': order.number} }}",
    "{{ (order.number, 1) }}",
    # calls
    "{{ order.number() }}",
    "{{ range(10**9) }}",
    "{{ lipsum() }}",
    "{{ cycler('a') }}",
    "{{ namespace(a=1) }}",
    "{{ order.items() }}",
    "{{ ''.join(order.list) }}",
    "{{ self._TemplateReference__context }}{{ self() }}",
    # walks to the interpreter
    "{{ ''.__class__.__mro__ }}",
    "{{ ''.__class__.__base__.__subclasses__() }}",
    "{{ order['__class__'] }}",
    "{{ order[0] }}",
    "{{ order.number[::-1] }}",
    "{{ (order.number)[order.key] }}",
    "{{ order|attr('__class__') }}",
    # filters
    "{{ order.number|attr('x') }}",
    "{{ order.list|join(',') }}",
    "{{ order.number|default('x') }}",
    "{{ order.number|safe }}",
    "{{ order.number|replace('a', 'b') }}",
    "{{ order.number|format(1) }}",
    "{{ order.number|center(10**9) }}",
    "{{ order.number|upper('x') }}",
    "{{ order.number|upper(*order.list) }}",
    "{{ order.number|trim(chars='x') }}",
    "{{ order.list|map('upper')|list }}",
    # tests, comparisons, choices
    "{{ order.number is defined }}",
    "{{ order.a == order.b }}",
    "{{ not order.a }}",
    "{{ order.a and order.b }}",
    "{{ order.a if order.b else order.c }}",
    "{{ order.a if order.b }}",
    # statements
    "{% if order.a %}x{% endif %}",
    "{% if false %}{{ 9**(9**9) }}{% endif %}",
    "{% for x in order.list %}{{ x }}{% endfor %}",
    "{% set a = 1 %}",
    "{% set a %}x{% endset %}",
    "{% macro m() %}x{% endmacro %}{{ m() }}",
    "{% call m() %}x{% endcall %}",
    "{% include '/etc/passwd' %}",
    "{% import 'x' as y %}",
    "{% from 'x' import y %}",
    "{% extends 'base' %}",
    "{% block a %}x{% endblock %}",
    "{% filter upper %}x{% endfilter %}",
    "{% with a = 1 %}{{ a }}{% endwith %}",
    "{% autoescape false %}{{ order.a }}{% endautoescape %}",
    "{% raw %}{{ x }}{% endraw %}{% do 1 %}",
    # what no parser reads
    "{{",
    "{{ order. }}",
    "{{ }}",
    "{% if %}",
    "{% endif %}",
    "{{ order.number | }}",
    "{{ 'unclosed }}",
    # too much of it
    "x" * (SOURCE_LENGTH_MAX + 1),
    "{{ " + "(" * 5_000 + "a" + ")" * 5_000 + " }}",
    "{{ a" + "|upper" * 10_000 + " }}",
    "{{ a" + ".b" * 30_000 + " }}",
]


# Jinja's own advisories: ways out of its sandbox, each closed there one after another. Here none is ever reached.
ADVISORIES = [
    "{{ ''.format(order) }}",  # CVE-2016-10745
    "{{ '{0.__class__}'.format(order) }}",
    "{{ '%(x)s'.format_map(order) }}",  # CVE-2019-10906
    "{{ order|attr('format_map')('{0.__init__}') }}",
    "{{ order|xmlattr }}",  # CVE-2024-22195, CVE-2024-34064
    "{{ order|urlize }}",  # CVE-2020-28493
    "{% set f = '{0}'.format %}{{ f(order) }}",  # CVE-2024-56326
    "{{ order.text|attr('format')|map }}",  # CVE-2025-27516
    "{{ ('{0.__class__.__init__.__globals__}')|attr('format')(order) }}",
    "{{ order.__init__.__globals__['os'].system('id') }}",
    "{{ config.items() }}",
    "{{ request.application.__globals__ }}",
    "{{ get_flashed_messages.__globals__ }}",
    "{{ joiner.__init__.__globals__.os }}{{ joiner() }}",
    "{% for c in [].__class__.__base__.__subclasses__() %}{{ c }}{% endfor %}",
]

# Under blocks, too, only names are asked for and gone through, two deep at most.
BLOCKS = [
    "{% if false %}{{ 9**(9**9) }}{% endif %}",
    "{% if 1 == 1 %}x{% endif %}",
    "{% if order.a and order.b %}x{% endif %}",
    "{% if order.a > 9**9**9 %}x{% endif %}",
    "{% if order.a is defined %}x{% endif %}",
    "{% if order.a() %}x{% endif %}",
    "{% if order.a %}x{% elif order.b %}y{% endif %}",
    "{% if order.a|length %}x{% endif %}",
    "{% for x in range(10**9) %}{{ x }}{% endfor %}",
    "{% for x in order.list recursive %}{{ loop(x) }}{% endfor %}",
    "{% for x in order.list if x.a %}{{ x.a }}{% endfor %}",
    "{% for x in order.list %}{{ x.a }}{% else %}y{% endfor %}",
    "{% for a, b in order.list %}{{ a }}{% endfor %}",
    "{% for x in order.list|batch(10**9) %}{{ x }}{% endfor %}",
    "{% for claims in order.list %}{{ claims.price }}{% endfor %}",
    "{% for x in [1, 2] %}{{ x }}{% endfor %}",
    "{% for x in 'abc' * 10**9 %}{{ x }}{% endfor %}",
    "{% for a in o.l %}{% for b in o.l %}{% for c in o.l %}x{% endfor %}{% endfor %}{% endfor %}",
    "{% if o.a %}{% if o.b %}{% if o.c %}x{% endif %}{% endif %}{% endif %}",
    "{% if order.a %}{% set x = 9**9**9 %}{% endif %}",
    "{% for x in o.l %}" * 2_000,
    "{% if a.b %}" * 900 + "{% endif %}" * 900,
    "{% while true %}{% endwhile %}",
]


# What Markdown puts together: braces that were no braces before it was read.
MARKDOWN = [
    "{\\{ 9**(9**9) }}",
    "&#123;&#123; 9**(9**9) }}",
    "&lbrace;{ 9**(9**9) }}",
    "*{*{ 9**(9**9) }}",
    "`{`{ 9**(9**9) }}",
    "{\\% if false %}{\\{ 9**(9**9) }}{\\% endif %}",
    "{&#37; for x in range(10**9) %}{&#37; endfor %}",
]

# Around every letter stands a layout, which is a template too.
LAYOUTS = [
    "{{ 9**(9**9) }}",
    "{% if false %}{{ 9**(9**9) }}{% endif %}",
    "{% for x in range(10**9) %}{{ x }}{% endfor %}",
    "{{ ''.__class__.__mro__ }}",
    "{% set x = 'x' * 10**10 %}",
    "{% include '/etc/passwd' %}",
]

# --- expressions ----------------------------------------------------------------------------------------------------

_DIGITS = "[0,1,2,3,4,5,6,7,8,9]"


def _nested(call: str, depth: int) -> str:
    """`[…].map(a, [….map(b, …)])`: ten times as long for each."""
    source = "true"
    for number in range(depth):
        source = f"{_DIGITS}.{call}(x{number}, {source})"
    return source


EXPRESSIONS = [
    # 40 kB ended the interpreter
    '"x"' + '+"x"' * 10_000,
    "1" + "+1" * 20_000,
    "(" * 20_000 + "1" + ")" * 20_000,
    "[" * 40_000,
    "!" * 40_000 + "true",
    "-" * 40_000 + "1",
    "cart" + ".a" * 20_000,
    "cart" + "[0]" * 13_000,
    "{" * 40_000,
    "true" + " && true" * 5_000,
    "true ? " * 8_000 + "true" + " : true" * 8_000,
    # one more than is allowed
    "1" * (LENGTH_MAX + 1),
    # short, and deep
    "(" * 400 + "1" + ")" * 400,
    "[" * 499 + "]" * 499,
    "(" * 999,
    "{1:" * 200 + "1" + "}" * 200,
    # seven of these ran for over twenty seconds
    _nested("map", 7),
    _nested("all", 12),
    _nested("exists", 12),
    _nested("filter", 9),
    _nested("exists_one", 9),
    _nested("existsOne", 9),
    _nested(" // told apart by a comment\n map // and another\n ", 7),
    _nested("\n\tmap\n", 7),
    # not an expression
    "",
    "1 +",
    '"open',
    "\x00",
]


# --- YAML -----------------------------------------------------------------------------------------------------------

_HEAD = "kind: message\nid: order_placed\n"


def _laughs(count: int, times: int) -> str:
    """Each line repeats the one before so many times."""
    lines = ["a0: &a0 [ha]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * times)}]" for n in range(1, count)]
    return _HEAD + "\n".join(lines) + "\n"


DOCUMENTS = [
    _laughs(count=11, times=9),
    _laughs(count=50, times=2),
    _HEAD + "a: &a {x: 1}\nb: [" + "*a, " * (ALIASES_MAX + 1) + "]\n",
    _HEAD + "a: &a [1, *a]\n",
    _HEAD + "a: &a {b: *a}\n",
    _HEAD + "a: &a " + "x" * 100_000 + "\nb: [" + "*a, " * ALIASES_MAX + "]\n",
    _HEAD + "a: &a {x: 1}\nb: {<<: *a}\n",
    _HEAD + "a: " + "[" * 100_000 + "\n",
    _HEAD + "a: " + "[" * 120_000 + "]" * 120_000 + "\n",
    _HEAD + "a: " + "{b: " * 30_000 + "\n",
    _HEAD + "\n".join(" " * n + "a:" for n in range(500)) + "\n",
    _HEAD + "- " * 100_000 + "\n",
    _HEAD + "? " * 100_000 + "\n",
    _HEAD + "a: " + "!" * 1_000 + "x\n",
    _HEAD + "a: !!python/object/apply:os.system [id]\n",
    _HEAD + "a: !!python/name:os.system\n",
    _HEAD + "a: !<tag:yaml.org,2002:python/object/new:os.system> [id]\n",
    _HEAD + "a: !!timestamp 2026-11-27\n",
    _HEAD + "a: !!binary " + "A" * 100_000 + "\n",
    _HEAD + "x" * BYTES_MAX + "\n",
    _HEAD + "&" + "a" * 100_000 + " b: 1\n",
    _HEAD + "a:\n" + "- 1\n" * 60_000,
    _HEAD + "".join(f"key{number}: 1\n" for number in range(18_000)),
    _HEAD + "same: 1\n" * 24_000,
    _HEAD + 'a: "' + "\\x41" * 60_000 + "\n",
    _HEAD + "a: |\n" + "  \n" * 60_000 + " x\n",
    "%YAML 1.1\n" * 20_000 + "---\na: 1\n",
    "--- {}\n" * 30_000,
]
