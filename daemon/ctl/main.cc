// SPDX-License-Identifier: BSD-2-Clause
//
// usherctl: see run.h.

#include "daemon/ctl/run.h"

int main(int argc, char** argv)
{
    return static_cast<int>(usherd::ctl::run(argc, argv, stdout, stderr));
}
