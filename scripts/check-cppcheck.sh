#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# What cppcheck has to say about the code, some 30 seconds of a processor. Usage:
# scripts/check-cppcheck.sh [FILE...]
#
# What is wrong in one place is suppressed there. Here is what it gets wrong as a whole:
#   syntaxError              it cannot read a constant that a lambda makes; other compilers can
#   passedByValue            clang-tidy judges that with the size of the type, which this does not know
#   throwInNoexceptFunction  std::bad_alloc ends the daemon wherever it happens; nothing else is thrown
set -euo pipefail
cd "$(dirname "$0")/.."

command -v cppcheck >/dev/null || { echo "cppcheck is missing: scripts/install-deps.sh --tests" >&2; exit 1; }
files=("$@")
[ ${#files[@]} -gt 0 ] || files=(access-control config-parser daemon)
exec cppcheck --enable=warning,performance,portability --std=c++20 --language=c++ --inline-suppr \
    --quiet -j "$(nproc)" -I . --error-exitcode=1 --template='{file}:{line}: {severity}: {id}: {message}' \
    --suppress=syntaxError:config-parser/attribute_table.cc \
    --suppress=syntaxError:config-parser/lint_rules.cc \
    --suppress=passedByValue --suppress=throwInNoexceptFunction "${files[@]}"
