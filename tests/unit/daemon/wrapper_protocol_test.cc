// SPDX-License-Identifier: BSD-2-Clause
#include <cerrno>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/wrapper_protocol.h"
#include "tests/support/catch.h"

namespace usherd::daemon {

namespace {

WrapperQuestion a_question()
{
    WrapperQuestion question;
    question.id = 7;
    question.in_process = true;
    question.daemon = "in.ftpd";
    question.sender = sys::ipv4_address({192, 0, 2, 7}, 69);
    question.uid = 65534;
    question.set_groups = true;
    question.groups = {1, 4'000'000'000};
    question.umask = 077;
    question.nice = -3;
    return question;
}

} // namespace

TEST_CASE("a question to the tcp_wrappers helper arrives as it was put")
{
    const auto question = a_question();
    const auto read = decode_question(encode(question));
    REQUIRE(read);
    CHECK(read->id == 7);
    CHECK(read->in_process);
    CHECK(read->daemon == "in.ftpd");
    REQUIRE(read->sender);
    CHECK(sys::same_address(*read->sender, *question.sender));
    CHECK(read->uid == 65534);
    CHECK(read->gid == -1);
    CHECK(read->set_groups);
    CHECK(read->groups == question.groups);
    CHECK(read->umask == 077U);
    CHECK(read->nice == -3);
}

TEST_CASE("a daemon's name is cut to what libwrap keeps of it")
{
    WrapperQuestion question;
    question.daemon = std::string(300, 'd');
    CHECK(decode_question(encode(question))->daemon ==
          std::string(WrapperQuestion::max_daemon_bytes, 'd'));
}

TEST_CASE("a packet that is cut or too long is no question")
{
    const std::string packet = encode(a_question());
    for (const std::size_t size : {std::size_t{0}, std::size_t{10}, packet.size() - 1})
        CHECK_FALSE(decode_question(packet.substr(0, size)));
    CHECK_FALSE(decode_question(packet + "x"));
}

TEST_CASE("an answer of another size or kind is none")
{
    WrapperAnswer answer;
    answer.id = 9;
    answer.kind = WrapperAnswer::Kind::refused;
    const std::string packet(bytes_of(answer));
    REQUIRE(decode_answer(packet));
    CHECK(decode_answer(packet)->id == 9);
    CHECK_FALSE(decode_answer(packet.substr(1)));
    CHECK_FALSE(decode_answer(""));
    answer.kind = static_cast<WrapperAnswer::Kind>(17);
    CHECK_FALSE(decode_answer(bytes_of(answer)));
}

TEST_CASE("descriptors travel with a packet, and its end is an empty one")
{
    int pair[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == 0);
    sys::UniqueFd left(pair[0]);
    const sys::UniqueFd right(pair[1]);
    CHECK(receive_packet(right.get(), Waiting::no).error().number == EAGAIN);
    REQUIRE(send_packet(left.get(), "hello", {0, right.get()}));
    auto packet = receive_packet(right.get(), Waiting::yes);
    REQUIRE(packet);
    CHECK(packet->bytes == "hello");
    CHECK(packet->descriptors.size() == 2);
    left.reset();
    packet = receive_packet(right.get(), Waiting::yes);
    REQUIRE(packet);
    CHECK(packet->bytes.empty());
}

} // namespace usherd::daemon
