// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/ctl/convert_command.h"

#include <map>
#include <memory>
#include <optional>

#include <CLI/CLI.hpp>

#include "config-parser/convert.h"
#include "config-parser/disk_file_source.h"

namespace usherd::ctl {

namespace {

using config::Syntax;

struct ConvertOptions {
    std::optional<Syntax> from; ///< by the name of the file
    Syntax to = Syntax::yaml;
    std::string file;
};

/// The standard input, up to what a file may have; nothing if there is more.
std::optional<std::string> read_standard_input()
{
    std::string text;
    char buffer[65536];
    while (const std::size_t count = std::fread(buffer, 1, sizeof buffer, stdin)) {
        text.append(buffer, count);
        if (text.size() > config::FileSource::max_file_bytes)
            return std::nullopt;
    }
    return text;
}

std::optional<std::string> read(const std::string& file, const Session& session)
{
    if (file == "-") {
        auto text = read_standard_input();
        if (!text)
            session.complain("the standard input is too large");
        return text;
    }
    config::DiskFiles files(config::Trust::everybody);
    const auto outcome = files.read(file);
    if (const auto* error = std::get_if<config::FileError>(&outcome)) {
        session.complain(file + ": " + (error->text.empty() ? "cannot be read" : error->text));
        return std::nullopt;
    }
    return *std::get<config::FileSource::Text>(outcome);
}

void convert(const ConvertOptions& options, Session& session)
{
    const auto text = read(options.file, session);
    if (!text) {
        session.status = ExitStatus::no;
        return;
    }
    const Syntax from = options.from.value_or(config::syntax_of_name(options.file));
    const std::string name = options.file == "-" ? "standard input" : options.file;
    const config::Conversion conversion = config::convert(*text, name, from, options.to);
    session.print(conversion.text);
    for (const config::Diagnostic& diagnostic : conversion.diagnostics->all()) {
        const std::string shown = config::render(diagnostic);
        std::fwrite(shown.data(), 1, shown.size(), session.err);
    }
    if (const auto more = conversion.diagnostics->not_kept(); more > 0)
        session.complain(fmt::format("{} further remarks are not shown", more));
    if (!conversion.complete)
        session.status = ExitStatus::no;
}

} // namespace

void add_convert_command(CLI::App& app, Session& session)
{
    static const std::map<std::string, Syntax> sources{
        {"inetd", Syntax::inetd}, {"xinetd", Syntax::xinetd}, {"yaml", Syntax::yaml}};
    static const std::map<std::string, Syntax> targets{{"xinetd", Syntax::xinetd},
                                                       {"yaml", Syntax::yaml}};
    auto options = std::make_shared<ConvertOptions>();
    CLI::App* const command =
        app.add_subcommand("convert", "rewrite a configuration file in another syntax");
    command->add_option("--to", options->to, "the syntax wanted: xinetd, yaml")
        ->required()
        ->transform(CLI::CheckedTransformer(targets))
        ->option_text("SYNTAX");
    command
        ->add_option("--from", options->from,
                     "the syntax of FILE: inetd, xinetd, yaml (default: by its name)")
        ->transform(CLI::CheckedTransformer(sources))
        ->option_text("SYNTAX");
    command->add_option("file", options->file, "what to convert; - is the standard input")
        ->required()
        ->option_text("FILE");
    command->callback([options, &session] { convert(*options, session); });
}

} // namespace usherd::ctl
