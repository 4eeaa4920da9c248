#!/usr/bin/env python3
"""Writes the inputs that fuzzing begins with into folders below the one given: the stock file, the examples of Debian's
package, the cases and snippets of the tests."""
import hashlib
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))


def read(path):
    with open(path, 'rb') as file:
        return file.read()


def below(folder, *ends):
    for where, _, names in sorted(os.walk(folder)):
        for name in sorted(names):
            if name.endswith(ends):
                yield os.path.join(where, name)


def main():
    out = sys.argv[1]

    def put(target, data):
        name = hashlib.sha1(data).hexdigest()
        with open(os.path.join(out, target, name), 'wb') as file:
            file.write(data)

    whole = [read(p) for p in below('/etc/kamailio', 'kamailio.cfg')]
    whole += [read(p) for p in below('/usr/share/doc/kamailio/examples', '.cfg', '.sample')]
    whole += [read(p) for p in below(os.path.join(ROOT, 'cfg-samples'), '.cfg')]
    whole += [read(p) for p in below(os.path.join(ROOT, 'compiler/syntax/tests/fixtures'), '.cfg')]
    snippets = []
    for path in below(os.path.join(ROOT, 'tests/tests/preprocessor'), '.txt'):
        snippets += [c.partition(b'\n')[2] for c in re.split(rb'(?m)^%% ', read(path))[1:]]
    for chunk in read(os.path.join(ROOT, 'compiler/syntax/tests/snippets/verdicts.txt')).split(b'\n%% ')[1:]:
        text = chunk.partition(b'\n')[2]
        snippets.append(text[1:] if text.startswith(b'@') else b'request_route {\n' + text + b'\n}\n')
    for data in whole + snippets:
        put('preprocessor', data[:8192])
        put('grammar', data[:8192])
    texts = set()
    for path in below(os.path.join(ROOT, 'tests/tests'), '.rs', '.txt'):
        texts.update(re.findall(rb'"((?:[^"\\\n]|\\.){2,120})"', read(path)))
        texts.update(re.findall(rb'\$\([^\n"]{2,100}\)', read(path)))
    for text in texts:
        if b'$' in text:
            put('format', text)
        for inner in re.findall(rb'\{([a-z]+\.[^{}\n]{1,80})\}', text):
            put('transformations', inner)


main()
