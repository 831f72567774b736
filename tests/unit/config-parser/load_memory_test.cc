// SPDX-License-Identifier: BSD-2-Clause
//
// A load that remembers the last one: what is not read again, and everything that must be.

#include <algorithm>
#include <map>

#include "config-parser/load.h"
#include "config-parser/load_memory.h"
#include "tests/support/catch.h"
#include "tests/support/fixed_names.h"
#include "tests/support/memory_files.h"

namespace usherd::config {
namespace {

using Names = std::vector<std::string>;

std::string service(const std::string& name, int port, const std::string& more = {})
{
    return fmt::format("service {}\n{{\ntype = UNLISTED\nsocket_type = stream\nwait = no\n"
                       "user = games\nserver = /bin/echo\nport = {}\n{}}}\n",
                       name, port, more);
}

constexpr const char* main_text = "defaults\n{\ninstances = 7\n}\nincludedir /d\n";

/// Stamps as a test wants them.
class FixedStamps final : public StampSource {
public:
    explicit FixedStamps(FileSource& files) : files_(files) {}

    /// As a change of the file, or of its mode, does.
    void touch(const std::string& path) { stamps_[path] = {1, 1, 1, 1, ++clock_}; }
    void make_young(const std::string& path) { stamps_.erase(path); }
    std::optional<FileStamp> stamp(const std::string& path) override
    {
        const auto found = stamps_.find(path);
        return found == stamps_.end() ? std::nullopt : std::optional{found->second};
    }
    StampedText read_stamped(const std::string& path) override
    {
        return {files_.read(path), stamp(path)};
    }

private:
    FileSource& files_;
    std::map<std::string, FileStamp> stamps_;
    std::int64_t clock_ = 0;
};

/// A main file with `defaults` and three drop-ins, loaded once.
struct Bench {
    test::MemoryFiles files;
    FixedStamps stamps{files};
    test::FixedNames names;
    LoadMemory memory;
    LoadResult last;

    Bench()
    {
        write("/x.conf", main_text);
        write("/d/a", service("a", 1));
        write("/d/b", service("b", 2));
        write("/d/c", service("c", 3));
        (void)load();
    }

    void write(const std::string& path, std::string text)
    {
        files.add(path, std::move(text));
        stamps.touch(path);
    }
    /// The drop-ins that were read.
    Names load()
    {
        const auto before = static_cast<std::ptrdiff_t>(files.files_read().size());
        last = config::load(files, stamps, names, "/x.conf", {}, memory);
        Names read(files.files_read().begin() + before, files.files_read().end());
        std::erase(read, "/x.conf");
        return read;
    }

    /// A load that remembers nothing finds the same, at the same places.
    [[nodiscard]] bool is_as_if_read_afresh()
    {
        const LoadResult fresh = config::load(files, names, "/x.conf", {});
        const auto same = [&](const SpecPointer& one, const SpecPointer& other) {
            return one->same_settings(*other) && one->origins().size() == other->origins().size() &&
                   one->location.line == other->location.line &&
                   last.sources->path(one->location.file) ==
                       fresh.sources->path(other->location.file);
        };
        return fresh.refused_because == last.refused_because &&
               fresh.defaults_used == last.defaults_used &&
               fresh.dropped.size() == last.dropped.size() &&
               fresh.diagnostics->all().size() == last.diagnostics->all().size() &&
               std::equal(last.services.begin(), last.services.end(), fresh.services.begin(),
                          fresh.services.end(), same);
    }
};

TEST_CASE("a drop-in that has not changed is not read again, and its service is the same object")
{
    Bench bench;
    const auto before = bench.last.services;

    CHECK(bench.load().empty());

    CHECK(bench.last.services == before);
    CHECK(bench.is_as_if_read_afresh());
    CHECK(bench.load().empty()); // and so a third time
}

TEST_CASE("only the drop-in that has changed is read again")
{
    Bench bench;
    bench.write("/d/b", service("b", 2, "nice = 4\n"));

    CHECK(bench.load() == Names{"/d/b"});
    CHECK(bench.last.services.at(1)->process->nice == 4);
    CHECK(bench.is_as_if_read_afresh());
}

TEST_CASE("a change of the same size is a change, by the file's times")
{
    Bench bench;
    bench.write("/d/b", service("b", 9));

    CHECK(bench.load() == Names{"/d/b"});
    CHECK(bench.last.services.at(1)->port == 9);
}

TEST_CASE("a drop-in whose mode or owner has changed is looked at again")
{
    Bench bench;
    bench.stamps.touch("/d/b");
    CHECK(bench.load() == Names{"/d/b"});

    bench.stamps.make_young("/d/b");
    bench.files.fail("/d/b", {FileError::Kind::not_trusted, 0, "everybody can write it"});
    CHECK(bench.load() == Names{"/d/b"});
    CHECK(bench.last.services.size() == 2);
    CHECK(bench.last.unreadable == Names{"/d/b"});
}

TEST_CASE("drop-ins that come and go move no other")
{
    Bench bench;
    bench.write("/d/aa", service("aa", 4));
    CHECK(bench.load() == Names{"/d/aa"});
    CHECK(bench.is_as_if_read_afresh());

    bench.files.remove("/d/a");
    CHECK(bench.load().empty());
    CHECK(bench.last.services.size() == 3);
    CHECK(bench.is_as_if_read_afresh());
}

TEST_CASE("names of files that are gone do not pile up")
{
    Bench bench;
    for (int round = 0; round < 500; ++round) {
        const std::string name = fmt::format("/d/x{}", round);
        bench.write(name, service("x", 5));
        (void)bench.load();
        bench.files.remove(name);
        bench.stamps.make_young(name);
    }
    CHECK(bench.last.sources->size() < 100);
}

TEST_CASE("a young file, which may change without a trace, is read again")
{
    Bench bench;
    bench.stamps.make_young("/d/c");

    CHECK(bench.load() == Names{"/d/c"});
    CHECK(bench.load() == Names{"/d/c"});
}

TEST_CASE("other defaults have every drop-in read again")
{
    Bench bench;
    bench.write("/x.conf", "defaults\n{\ninstances = 8\n}\nincludedir /d\n");
    CHECK(bench.load() == Names{"/d/a", "/d/b", "/d/c"});
    CHECK(bench.last.services.front()->policy->instances == 8);

    bench.write("/x.conf", "\ndefaults\n{\ninstances = 8\n}\nincludedir /d\n"); // moved
    CHECK(bench.load().size() == 3);
    CHECK(bench.is_as_if_read_afresh());

    bench.write("/x.conf", "includedir /d\n"); // gone
    CHECK(bench.load().size() == 3);
    CHECK(bench.last.services.front()->policy->instances == access::unlimited);
}

TEST_CASE("defaults in a drop-in count as well")
{
    Bench bench;
    bench.write("/d/0", "defaults\n{\nper_source = 2\n}\n");
    CHECK(bench.load().size() == 4);
    CHECK(bench.load() == Names{"/d/0"});
    bench.write("/d/0", "defaults\n{\nper_source = 3\n}\n");
    CHECK(bench.load().size() == 4);
    CHECK(bench.last.services.front()->policy->per_source == 3);
}

TEST_CASE("where defaults come after services nothing is remembered")
{
    Bench bench;
    bench.write("/d/z", "defaults\n{\nper_source = 2\n}\n");
    CHECK(bench.load().size() == 1 + 4); // once to find them, once to apply them
    CHECK(bench.load().size() == 4 + 4);
    CHECK(bench.last.services.front()->policy->per_source == 2);
    bench.files.remove("/d/z");
    CHECK(bench.load().size() == 3);
    CHECK(bench.load().empty());
}

TEST_CASE("another answer of the system has the drop-ins that asked for it read again")
{
    Bench bench;
    bench.write("/d/b", service("b", 2, "group = tty\n"));
    (void)bench.load();

    bench.names.groups["tty"] = 50;
    CHECK(bench.load() == Names{"/d/b"});
    CHECK(bench.last.services.at(1)->process->group->gid == 50);

    bench.names.users.at(2).uid = 77; // games
    CHECK(bench.load().size() == 3);
    CHECK(bench.last.services.front()->process->user->uid == 77);
    CHECK(bench.load().empty());
}

TEST_CASE("an answer to defaults that has changed has every drop-in read again")
{
    Bench bench;
    bench.write("/x.conf", "defaults\n{\nonly_from = lab\n}\nincludedir /d\n");
    (void)bench.load();
    CHECK(bench.load().empty());
    bench.names.networks["lab"] = 0xc0000300;
    CHECK(bench.load().size() == 3);
    CHECK(bench.is_as_if_read_afresh());
}

TEST_CASE("a server that cannot be executed any more is noticed")
{
    Bench bench;
    bench.files.allow_execution("/bin/true");

    CHECK(bench.load().size() == 3);
    CHECK(bench.last.services.empty());
    CHECK(bench.last.dropped.size() == 3);
}

TEST_CASE("a drop-in that gives rise to a diagnostic is read, and told of, each time")
{
    Bench bench;
    bench.write("/d/b", service("b", 2, "foo = 1\n"));
    CHECK(bench.load() == Names{"/d/b"});
    CHECK(bench.load() == Names{"/d/b"});
    CHECK(bench.last.diagnostics->all().size() == 1);
    CHECK(bench.last.diagnostics->all().front().source_line == "foo = 1");
}

TEST_CASE("a drop-in that includes is read each time, and so is what it includes")
{
    Bench bench;
    bench.write("/d/b", "include /more\nincludedir /e\n" + service("b", 2));
    bench.write("/more", service("m", 4));
    bench.write("/e/e", service("e", 5));
    CHECK(bench.load() == Names{"/d/b", "/more", "/e/e"});
    CHECK(bench.load() == Names{"/d/b", "/more", "/e/e"});
    CHECK(bench.is_as_if_read_afresh());
}

TEST_CASE("drop-ins without a wanted service are remembered, empty ones are not")
{
    Bench bench;
    bench.write("/d/b", "service b\n{\ndisable = yes\n}\n");
    bench.write("/d/c", "# nothing\n");
    (void)bench.load();
    CHECK(bench.load() == Names{"/d/c"});
    CHECK(bench.is_as_if_read_afresh());
}

TEST_CASE("services that share an address are told of again, with the line of a file not read")
{
    Bench bench;
    bench.write("/d/c", service("c", 2, "bind = 127.0.0.1\n"));
    bench.write("/d/b", service("b", 2, "bind = 127.0.0.1\n"));
    (void)bench.load();
    CHECK(bench.last.dropped.size() == 1);
    (void)bench.load();
    CHECK(bench.last.dropped.size() == 1);
    CHECK(bench.is_as_if_read_afresh());
    bench.files.remove("/d/b");
    CHECK(bench.load().empty());
    CHECK(bench.last.services.size() == 2);
}

TEST_CASE("a load that is refused leaves what is remembered as it was")
{
    Bench bench;
    const auto before = bench.last.services;
    bench.write("/x.conf", "defaults\n{\ninstances = many\n}\nincludedir /d\n");
    (void)bench.load();
    CHECK_FALSE(bench.last.refused_because.empty());

    bench.write("/x.conf", main_text);
    CHECK(bench.load().empty());
    CHECK(bench.last.services == before);
}

} // namespace
} // namespace usherd::config
