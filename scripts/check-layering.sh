#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Who may include whom, and what nobody may use: prints each offence as FILE:LINE: text, exits 1 if
# there is any. Usage: scripts/check-layering.sh [FILE ...]
# A line with `NOLINT(layering): reason` is let pass.
set -euo pipefail
cd "$(dirname "$0")/.."

files=("$@")
if [ ${#files[@]} -eq 0 ]; then
    mapfile -t files < <(find access-control config-parser daemon tests -name '*.cc' -o -name '*.h' | LC_ALL=C sort)
fi

LC_ALL=C awk '
function offence(text) { printf "%s:%d: %s\n", FILENAME, FNR, text; bad = 1 }
function directory(path) { return path ~ /\// ? substr(path, 1, match(path, /\/[^\/]*$/) - 1) : "." }
function module_of(path) {
    if (path ~ /^tests\//) return "tests"
    return directory(path)
}
function exists(path,    line, found) {
    if (path in known) return known[path]
    found = (getline line < path) >= 0
    close(path)
    return known[path] = found
}
function has(list, word) { return index(" " list " ", " " word " ") > 0 }

BEGIN {
    # Arrows: which of our directories, and which libraries, each may include.
    ours["access-control"] = ""
    ours["config-parser"] = "access-control"
    ours["daemon/control"] = ""
    ours["daemon/core"] = "access-control config-parser daemon/control"
    ours["daemon/sys"] = ""
    ours["daemon"] = "access-control config-parser daemon/control daemon/core daemon/sys"
    ours["daemon/ctl"] = "access-control config-parser daemon/control daemon/sys"
    libraries["config-parser"] = "fmt"
    libraries["daemon/control"] = "fmt nlohmann"
    libraries["daemon/core"] = "fmt"
    libraries["daemon/sys"] = "event2 fmt"
    libraries["daemon"] = "event2 fmt prometheus systemd tcpd rpc"
    libraries["daemon/ctl"] = "fmt CLI curl nlohmann"
    pure = "access-control config-parser daemon/control daemon/core"
    # Effects inside config-parser have two files of their own.
    effects = "^config-parser/(disk_file_source|system_name_lookup)\\.(h|cc)$"
    threads = "^daemon/(threaded_launcher|blocking_worker)\\.(h|cc)$"
}

FNR == 1 {
    module = module_of(FILENAME)
    seen_include = in_comment = 0
    own = FILENAME
    sub(/\.cc$/, ".h", own)
    if (own == FILENAME || !exists(own)) own = ""
    if (!(module in ours) && module != "tests") offence("no rule for directory " module)
    if ($0 != "// SPDX-License-Identifier: BSD-2-Clause") offence("the first line is the SPDX line")
}
/NOLINT\(layering\): [^ ]/ { next }

/^[ \t]*#[ \t]*include[ \t]*"/ {
    split($0, part, "\"")
    target = part[2]
    if (!seen_include && own != "" && target != own) offence("the first include is \"" own "\"")
    seen_include = 1
    if (target !~ /\// || !exists(target)) offence("\"" target "\" is not a path from the root")
    else if (module != "tests") {
        to = module_of(target)
        if (to != module && !has(ours[module], to)) offence(module " may not include " to)
    }
    next
}
/^[ \t]*#[ \t]*include[ \t]*</ {
    if (!seen_include && own != "") offence("the first include is \"" own "\"")
    seen_include = 1
    target = $0
    sub(/^[^<]*</, "", target)
    sub(/>.*/, "", target)
    if (module == "tests") next
    if (target ~ /^(iostream|regex|filesystem)$/) offence("<" target "> is for tests only")
    if (target ~ /^(thread|mutex|future|condition_variable|shared_mutex|semaphore|stop_token)$/ && FILENAME !~ threads)
        offence("<" target "> is for the threaded launcher and the blocking worker")
    library = target
    sub(/(\/|\.h$).*/, "", library)
    if (library == "yaml-cpp") {
        if (FILENAME != "config-parser/yaml_front_end.cc") offence("<yaml-cpp/> is for config-parser/yaml_front_end.cc")
    } else if (library ~ /^(event2|fmt|nlohmann|CLI|curl|systemd|tcpd|rpc|prometheus|catch2)$/ && !has(libraries[module], library))
        offence(module " may not include <" target ">")
    if (has(pure, module) && FILENAME !~ effects &&
        target ~ /^(unistd|fcntl|poll|signal|dirent|netdb|pwd|grp|sys\/(socket|epoll|stat|time|un|signalfd|timerfd|ioctl|resource))(\.h)?$/ &&
        !(module == "daemon/core" && target == "sys/resource.h"))
        offence(module " is pure: no <" target ">")
    next
}

# Code: without strings, characters and comments.
{
    code = $0
    gsub(/\\./, "", code)
    gsub(/"[^"]*"/, "\"\"", code)
    gsub(/\047[^\047]\047/, "0", code)
    sub(/\/\/.*/, "", code)
    while (1) {
        if (in_comment) {
            if (!(end = index(code, "*/"))) { code = ""; break }
            code = substr(code, end + 2)
            in_comment = 0
        }
        if (!(start = index(code, "/*"))) break
        if ((end = index(substr(code, start + 2), "*/"))) code = substr(code, 1, start - 1) " " substr(code, start + end + 3)
        else { code = substr(code, 1, start - 1); in_comment = 1; break }
    }
    code = " " code " "
    if (code ~ /[^A-Za-z0-9_]new[ (]/) offence("no new: use make_unique, make_shared or a value")
    if (code ~ /[^A-Za-z0-9_]delete[ \[]/ && code !~ /= *delete/) offence("no delete: give it an owner")
    if (code ~ /[^A-Za-z0-9_](strcpy|stpcpy|strcat|strncpy|strncat|sprintf|vsprintf|gets|strtok|alloca)[ (]/)
        offence("no strcpy and kin")
    if (code ~ /using +namespace/ && code !~ /using +namespace +[a-z_:]*literals *;/)
        offence("no using namespace")
    if (has(pure, module) && FILENAME !~ effects &&
        code ~ /(_clock::now|[^A-Za-z0-9_.>](time|gettimeofday|clock_gettime|localtime|localtime_r|getenv) ?\()/)
        offence(module " is pure: now and the environment are arguments")
    if (module != "tests" && code ~ /std::(thread|jthread|async|mutex|condition_variable)[^A-Za-z0-9_]/ && FILENAME !~ threads)
        offence("threads are for the threaded launcher and the blocking worker")
}
FILENAME ~ /\.h$/ && /^#pragma once$/ { once[FILENAME] = 1 }

END {
    for (i = 1; i < ARGC; i++)
        if (ARGV[i] ~ /\.h$/ && !(ARGV[i] in once)) {
            printf "%s:1: no #pragma once\n", ARGV[i]
            bad = 1
        }
    exit bad
}' "${files[@]}"
