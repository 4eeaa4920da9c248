#!/usr/bin/env python3
"""Asks the real server (kamailio 5.6.3) about every snippet of verdicts.txt again and reports what changed.

  capture.py           compare the recorded verdicts with `kamailio -c`
A snippet is a list of statements, or with a leading @ a whole file. Verdicts: accept; refuse (by the parser);
semantic (refused for its meaning: unknown function, wrong type; the syntax crate accepts it); hang (the server never
ends, we refuse).
"""
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
PRELUDE = ''.join('loadmodule "%s.so"\n' % m for m in ('xlog', 'pv', 'textops', 'sl', 'tm', 'htable')) \
    + 'modparam("htable", "htable", "a=>size=4;")\n'


def snippets():
    for chunk in open(os.path.join(HERE, 'verdicts.txt'), encoding='utf-8').read().split('\n%% ')[1:]:
        verdict, _, text = chunk.partition('\n')
        yield verdict, text


def whole(text):
    return text[1:] if text.startswith('@') else 'request_route {\n' + text + '\n}'


def server(text):
    with tempfile.NamedTemporaryFile('w', suffix='.cfg', encoding='utf-8') as f:
        f.write(PRELUDE + whole(text) + '\n')
        f.flush()
        try:
            done = subprocess.run(['kamailio', '-c', '-f', f.name, '-E', '-m', '8'], timeout=10,
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        except subprocess.TimeoutExpired:
            return 'hang'
    return 'accept' if done.returncode == 0 else 'refuse'


def main():
    changed = 0
    for verdict, text in snippets():
        found = server(text)
        wanted = 'refuse' if verdict == 'semantic' else verdict
        if found != wanted:
            changed += 1
            print('recorded %s, found %s: %r' % (verdict, found, text))
    print('%d differences' % changed)
    return 1 if changed else 0


if __name__ == '__main__':
    sys.exit(main())
