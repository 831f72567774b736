// SPDX-License-Identifier: BSD-2-Clause
//
// Fuzz target: what tcp_wrappers bring. An input that starts with NUL is a packet between the
// daemon and its helper, any other one the text of a rule file.

#include <string>

#include "daemon/core/wrapper_rules.h"
#include "daemon/wrapper_protocol.h"
#include "tests/fuzz/fuzz_target.h"

namespace usherd::fuzz {

namespace {

using core::WrapperNeed;

void check_rules(std::string_view text)
{
    const auto need = core::wrapper_need(text);
    require(need >= WrapperNeed::nothing && need <= WrapperNeed::process, "a file needs something");
    require(need == core::wrapper_need(text), "the same file needs the same");
    if (text.find('\0') != std::string_view::npos)
        return; // where libwrap sees the end of such a line is not for certain
    const std::string twice = std::string(text) + "\n" + std::string(text);
    // A last line that goes on with a backslash takes the first one along.
    if (!text.ends_with('\\'))
        require(core::wrapper_need(twice) >= need, "more rules do not need less");
    const std::string comment = "#" + std::string(text.substr(0, text.find('\n')));
    require(comment.ends_with('\\') || core::wrapper_need(comment) == WrapperNeed::nothing,
            "a comment needs nothing");
}

void check_packet(std::string_view packet)
{
    if (const auto question = daemon::decode_question(packet)) {
        require(question->daemon.size() <= daemon::WrapperQuestion::max_daemon_bytes &&
                    question->groups.size() <= daemon::WrapperQuestion::max_groups,
                "a question is bounded");
        require(!question->sender || question->sender->length <= sizeof question->sender->storage,
                "a sender fits");
        const std::string again = daemon::encode(*question);
        const auto read = daemon::decode_question(again);
        require(read && read->daemon == question->daemon && read->groups == question->groups &&
                    read->id == question->id && read->uid == question->uid &&
                    read->in_process == question->in_process &&
                    read->sender.has_value() == question->sender.has_value(),
                "a question that is written is the same when it is read");
    }
    if (const auto answer = daemon::decode_answer(packet))
        require(daemon::bytes_of(*answer).size() == packet.size(), "an answer has its size");
}

} // namespace

} // namespace usherd::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string_view text = usherd::fuzz::as_text(data, size);
    if (text.starts_with('\0'))
        usherd::fuzz::check_packet(text.substr(1));
    else
        usherd::fuzz::check_rules(text);
    return 0;
}
