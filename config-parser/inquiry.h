// SPDX-License-Identifier: BSD-2-Clause
//
// What a load asked of the system besides texts: names, and whether servers may be executed. Kept
// with the answers, so that a later load can ask the same again and see whether what it remembers
// still holds. As the parser is pure, texts and these answers are all that its results come from.

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "config-parser/file_source.h"
#include "config-parser/name_lookup.h"

namespace usherd::config {

struct Inquiry {
    enum class Kind : std::uint8_t {
        port,
        protocol,
        user,
        user_by_id,
        group,
        groups_of,
        network,
        rpc_program,
        addresses,
        environment,
        may_execute,
    };
    Kind kind{};
    std::string about; ///< a name, a number, a path
    std::string of;    ///< the protocol of a port; the ids of an account
    auto operator<=>(const Inquiry&) const = default;
};

/// Of each kind its own.
using Answer = std::variant<std::optional<std::uint16_t>, std::optional<ProtocolEntry>,
                            std::optional<UserEntry>, std::optional<std::uint32_t>,
                            std::vector<std::uint32_t>, std::vector<access::IpAddress>,
                            std::optional<std::string>, std::variant<std::monostate, FileError>>;

struct AnsweredInquiry {
    Inquiry inquiry;
    Answer answer;
};

/// Numbers of inquiries in one InquiryLog, ascending.
using InquirySet = std::vector<std::uint32_t>;

/// Asks, and remembers what was asked since begin().
class InquiryLog final : public NameLookup {
public:
    /// So many different ones are kept; who asked more cannot be remembered.
    static constexpr std::size_t most_kept = 4096;

    /// Both outlive it.
    InquiryLog(NameLookup& names, FileSource& files) : names_(names), files_(files) {}

    void begin()
    {
        since_.clear();
        complete_ = true;
    }
    /// What was asked since begin(); nothing if that was more than is kept.
    [[nodiscard]] std::optional<InquirySet> end();
    /// Asks once more. @return the answer of today.
    [[nodiscard]] Answer ask(const Inquiry& inquiry);
    /// By number.
    [[nodiscard]] std::vector<AnsweredInquiry> take_all() &&;

    [[nodiscard]] std::variant<std::monostate, FileError> may_execute(const std::string& path);

    std::optional<std::uint16_t> port_of(const std::string& service,
                                         const std::string& protocol) override;
    std::optional<ProtocolEntry> protocol(const std::string& name) override;
    std::optional<UserEntry> user(const std::string& name) override;
    std::optional<UserEntry> user(std::uint32_t uid) override;
    std::optional<std::uint32_t> group(const std::string& name) override;
    std::vector<std::uint32_t> groups_of(const UserEntry& user) override;
    std::optional<std::uint32_t> network(const std::string& name) override;
    std::optional<std::uint32_t> rpc_program(const std::string& name) override;
    std::vector<access::IpAddress> addresses_of(const std::string& host) override;
    std::optional<std::string> environment(const std::string& name) override;

private:
    struct Kept {
        std::uint32_t number;
        Answer answer;
    };
    template <typename Kind>
    Kind note(Inquiry inquiry, Kind answer);

    NameLookup& names_;
    FileSource& files_;
    std::map<Inquiry, Kept> kept_;
    InquirySet since_;
    bool complete_ = true;
};

/// The files as the setters see them: may_execute() is an inquiry.
class InquiringFiles final : public FileSource {
public:
    /// Both outlive it.
    InquiringFiles(FileSource& files, InquiryLog& log) : files_(files), log_(log) {}
    std::variant<Text, FileError> read(const std::string& path) override
    {
        return files_.read(path);
    }
    std::variant<std::vector<std::string>, FileError> list(const std::string& path) override
    {
        return files_.list(path);
    }
    std::variant<std::monostate, FileError> may_execute(const std::string& path) override
    {
        return log_.may_execute(path);
    }

private:
    FileSource& files_;
    InquiryLog& log_;
};

} // namespace usherd::config
