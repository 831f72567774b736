# SPDX-License-Identifier: BSD-2-Clause
#
# Every row of xinetd's faults and surprises, and every vector, has a test: rows.tsv says which, this
# looks whether it is there. Also, every row that differences.tsv gives as a reason is one that is
# not reproduced, and stands in usherd.conf(5). A ctest program.

import pathlib
import re
import sys

HERE = pathlib.Path(__file__).resolve().parent
REPOSITORY = HERE.parents[1]
ROWS = [f"S{number}" for number in range(1, 18)] + [f"D{number}" for number in range(1, 41)] + \
       [f"V{number}" for number in range(1, 71)]
VERDICTS = ("FIX", "REPRODUCE", "OPTIONAL", "SAME")


def lines_of(path):
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if line and not line.startswith("#"):
            yield f"{path.name}:{number}", line.split("\t")


def check_rows():
    """(what is wrong, the verdicts of each row)."""
    wrong, verdicts = [], {}
    for place, fields in lines_of(HERE / "rows.tsv"):
        if len(fields) != 4:
            wrong.append(f"{place}: four fields are needed, there are {len(fields)}")
            continue
        row, verdict, name, test = fields
        if row not in ROWS:
            wrong.append(f"{place}: there is no row {row}")
        if verdict not in VERDICTS and verdict not in ROWS:
            wrong.append(f"{place}: {verdict} is no verdict")
        verdicts.setdefault(row, set()).add(verdict)
        path = REPOSITORY / name
        if not path.is_file():
            wrong.append(f"{place}: {row}: there is no {name}")
        elif test not in path.read_text():
            wrong.append(f"{place}: {row}: {name} has no {test!r}")
    wrong += [f"rows.tsv: {row} has no test" for row in ROWS if row not in verdicts]
    return wrong, verdicts


def check_reasons(verdicts):
    manual = (REPOSITORY / "man" / "usherd.conf.5").read_text()
    for place, fields in lines_of(HERE / "differences.tsv"):
        row = fields[2]
        if not verdicts.get(row, set()) & {"FIX", "OPTIONAL"} and row != "D24":
            yield f"{place}: {row} is no reason to differ"
        if not re.search(rf"(?m)^\.It (\\&)?{row}\b", manual):
            yield f"{place}: usherd.conf(5), COMPATIBILITY, has no {row}"


def main():
    wrong, verdicts = check_rows()
    wrong += check_reasons(verdicts)
    for text in wrong:
        print(text)
    print(f"{len(verdicts)} of {len(ROWS)} rows have tests; {len(wrong)} mistakes")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
