// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/ctl/completions.h"

#include <algorithm>
#include <map>
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

namespace usherd::ctl {

namespace {

/// What may stand behind an option, or as an argument.
enum class Kind : std::uint8_t { none, text, file, directory_or_file, service, choice };

struct OptionInfo {
    std::vector<std::string> names; ///< with dashes
    std::string help;
    Kind kind = Kind::none;
    std::vector<std::string> choices;
};
struct CommandInfo {
    std::string name;
    std::string help;
    std::vector<OptionInfo> options;
    Kind argument = Kind::none;
};

Kind kind_of(const std::string& placeholder)
{
    if (placeholder == "SERVICE")
        return Kind::service;
    if (placeholder == "FILE" || placeholder == "PATH")
        return Kind::file;
    return placeholder.starts_with("FILE|DIR") ? Kind::directory_or_file : Kind::text;
}

/// What the option's own check lets pass: its description has `{a,b}`, or `{a->0,b->1}`.
std::vector<std::string> choices_of(const CLI::Option& option)
{
    const std::string type = option.get_type_name();
    const std::size_t open = type.find('{');
    const std::size_t close = type.find('}');
    std::vector<std::string> choices;
    if (open == std::string::npos || close == std::string::npos)
        return choices;
    for (std::size_t start = open + 1; start < close;) {
        const std::size_t end = std::min(type.find(',', start), close);
        const std::string word = type.substr(start, end - start);
        choices.push_back(word.substr(0, word.find("->")));
        start = end + 1;
    }
    return choices;
}

OptionInfo describe(const CLI::Option& option)
{
    OptionInfo info;
    for (const std::string& name : option.get_lnames())
        info.names.push_back("--" + name);
    for (const std::string& name : option.get_snames())
        info.names.push_back("-" + name);
    info.help = option.get_description();
    info.choices = choices_of(option);
    if (!info.choices.empty())
        info.kind = Kind::choice;
    else if (option.get_items_expected_max() > 0)
        info.kind = kind_of(option.get_option_text());
    return info;
}

/// --help of a command is the global one.
std::vector<OptionInfo> options_of(const CLI::App& app)
{
    std::vector<OptionInfo> options;
    for (const CLI::Option* const option : app.get_options())
        if (!option->get_lnames().empty() &&
            (app.get_parent() == nullptr || option != app.get_help_ptr()))
            options.push_back(describe(*option));
    return options;
}

std::vector<CommandInfo> commands_of(const CLI::App& app)
{
    std::vector<CommandInfo> commands;
    for (const CLI::App* const command : app.get_subcommands({})) {
        if (command->get_group().empty())
            continue; // hidden
        CommandInfo info{command->get_name(), command->get_description(), options_of(*command),
                         Kind::none};
        for (const CLI::Option* const option : command->get_options())
            if (option->get_positional() && option->get_lnames().empty())
                info.argument = kind_of(option->get_option_text());
        commands.push_back(std::move(info));
    }
    return commands;
}

std::string joined(const std::vector<std::string>& words)
{
    std::string text;
    for (const std::string& word : words)
        text += (text.empty() ? "" : " ") + word;
    return text;
}

std::string names_of(const std::vector<OptionInfo>& options)
{
    std::string text;
    for (const OptionInfo& option : options)
        for (const std::string& name : option.names)
            text += (text.empty() ? "" : " ") + name;
    return text;
}

/// For between '…' in all three shells.
std::string quoted(const std::string& text)
{
    std::string result;
    for (const char c : text)
        result += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return result;
}

constexpr std::string_view list_services =
    "usherctl --json services 2>/dev/null | sed 's/\"id\":\"/\\n&/g' | "
    // Shells look into the words they are given: those with other characters are left out.
    "sed -n 's/^\"id\":\"\\([A-Za-z0-9_.@+-]*\\)\".*/\\1/p'";

class Bash {
public:
    static std::string script(const std::vector<OptionInfo>& globals,
                              const std::vector<CommandInfo>& commands)
    {
        std::vector<std::string> names;
        names.reserve(commands.size());
        for (const CommandInfo& command : commands)
            names.push_back(command.name);
        std::string text = fmt::format(
            "# bash completion of usherctl; made by `usherctl completions bash`\n"
            "_usherctl_services() {{ {}; }}\n_usherctl() {{\n"
            "    local word=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD-1]}}\n"
            "    local command= i\n    COMPREPLY=()\n"
            "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
            "        case ${{COMP_WORDS[i]}} in\n",
            list_services);
        text += "        --socket|--color) ((i++)) ;;\n";
        text += fmt::format("        {}) command=${{COMP_WORDS[i]}}; break ;;\n        esac\n    "
                            "done\n",
                            fmt::join(names, "|"));
        text += "    case $command:$before in\n" + values("", globals);
        for (const CommandInfo& command : commands)
            text += values(command.name, command.options);
        text += "    esac\n    case $command in\n";
        text +=
            fmt::format("    '') _usherctl_words '{} {}' ;;\n", joined(names), names_of(globals));
        for (const CommandInfo& command : commands)
            text += words(command, names_of(globals));
        return text + "    esac\n}\n"
                      "_usherctl_words() { mapfile -t COMPREPLY < <(compgen -W \"$1\" -- "
                      "\"$word\"); }\n"
                      "complete -F _usherctl usherctl\n";
    }

private:
    static std::string action(Kind kind, const std::vector<std::string>& choices)
    {
        switch (kind) {
        case Kind::service:
            return "_usherctl_words \"$(_usherctl_services)\"";
        case Kind::file:
        case Kind::directory_or_file:
            return "mapfile -t COMPREPLY < <(compgen -f -- \"$word\"); compopt -o filenames "
                   "2>/dev/null";
        case Kind::choice:
            return fmt::format("_usherctl_words '{}'", joined(choices));
        default:
            return ":";
        }
    }
    /// The words behind an option. Global ones may stand behind every command.
    static std::string values(const std::string& command, const std::vector<OptionInfo>& options)
    {
        std::string text;
        for (const OptionInfo& option : options)
            if (option.kind != Kind::none)
                for (const std::string& name : option.names)
                    text +=
                        fmt::format("    {}:{}) {}; return ;;\n", command.empty() ? "*" : command,
                                    name, action(option.kind, option.choices));
        return text;
    }
    static std::string words(const CommandInfo& command, const std::string& globals)
    {
        return fmt::format("    {})\n        if [[ $word == -* ]]; then\n"
                           "            _usherctl_words '{} {}'\n        else\n            {}\n"
                           "        fi ;;\n",
                           command.name, names_of(command.options), globals,
                           action(command.argument, {}));
    }
};

class Zsh {
public:
    static std::string script(const std::vector<OptionInfo>& globals,
                              const std::vector<CommandInfo>& commands)
    {
        std::string text =
            fmt::format("#compdef usherctl\n# made by `usherctl completions zsh`\n"
                        "_usherctl_services() {{ compadd -- ${{(f)\"$({})\"}} }}\n"
                        "_usherctl() {{\n    local line state\n    _arguments -C \\\n{}"
                        "        '1:command:->command' '*::argument:->argument'\n"
                        "    case $state in\n    command)\n        local -a commands=(\n",
                        list_services, arguments(globals));
        for (const CommandInfo& command : commands)
            text += fmt::format("            '{}:{}'\n", command.name, escaped(command.help));
        text += "        )\n        _describe command commands ;;\n    argument)\n"
                "        case $line[1] in\n";
        for (const CommandInfo& command : commands)
            text += fmt::format(
                "        {})\n            _arguments \\\n{}{}            '*:{}' ;;\n", command.name,
                arguments(command.options), arguments(globals), action(command.argument, {}));
        return text + "        esac ;;\n    esac\n}\n_usherctl \"$@\"\n";
    }

private:
    static std::string action(Kind kind, const std::vector<std::string>& choices)
    {
        switch (kind) {
        case Kind::service:
            return "service:_usherctl_services";
        case Kind::file:
        case Kind::directory_or_file:
            return "file:_files";
        case Kind::choice:
            return fmt::format("choice:({})", joined(choices));
        default:
            return "value: ";
        }
    }
    static std::string escaped(const std::string& text)
    {
        std::string result;
        for (const char c : quoted(text)) {
            if (c == ':' || c == '[' || c == ']')
                result += '\\';
            result += c;
        }
        return result;
    }
    static std::string arguments(const std::vector<OptionInfo>& options)
    {
        std::string text;
        for (const OptionInfo& option : options)
            for (const std::string& name : option.names)
                text += fmt::format(
                    "            '{}[{}]{}' \\\n", name, escaped(option.help),
                    option.kind == Kind::none ? "" : ":" + action(option.kind, option.choices));
        return text;
    }
};

class Fish {
public:
    static std::string script(const std::vector<OptionInfo>& globals,
                              const std::vector<CommandInfo>& commands)
    {
        std::string text =
            fmt::format("# made by `usherctl completions fish`\n"
                        "function __usherctl_services\n    {}\nend\ncomplete -c usherctl -f\n",
                        list_services);
        for (const OptionInfo& option : globals)
            text += line("", option);
        for (const CommandInfo& command : commands) {
            text += fmt::format("complete -c usherctl -n __fish_use_subcommand -a {} -d '{}'\n",
                                command.name, quoted(command.help));
            const std::string seen =
                fmt::format(" -n '__fish_seen_subcommand_from {}'", command.name);
            if (command.argument == Kind::service)
                text += "complete -c usherctl" + seen + " -a '(__usherctl_services)'\n";
            else if (command.argument == Kind::file || command.argument == Kind::directory_or_file)
                text += "complete -c usherctl" + seen + " -F\n";
            for (const OptionInfo& option : command.options)
                text += line(seen, option);
        }
        return text;
    }

private:
    static std::string line(const std::string& condition, const OptionInfo& option)
    {
        std::string text = "complete -c usherctl" + condition;
        for (const std::string& name : option.names)
            text += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
        if (option.kind == Kind::service)
            text += " -x -a '(__usherctl_services)'";
        else if (option.kind == Kind::choice)
            text += fmt::format(" -x -a '{}'", joined(option.choices));
        else if (option.kind == Kind::file || option.kind == Kind::directory_or_file)
            text += " -r -F";
        else if (option.kind == Kind::text)
            text += " -x";
        return text + fmt::format(" -d '{}'\n", quoted(option.help));
    }
};

} // namespace

std::string completions(const CLI::App& app, Shell shell)
{
    const auto globals = options_of(app);
    const auto commands = commands_of(app);
    switch (shell) {
    case Shell::bash:
        return Bash::script(globals, commands);
    case Shell::zsh:
        return Zsh::script(globals, commands);
    case Shell::fish:
        break;
    }
    return Fish::script(globals, commands);
}

void add_completions_command(CLI::App& app, Session& session)
{
    static const std::map<std::string, Shell> shells{
        {"bash", Shell::bash}, {"zsh", Shell::zsh}, {"fish", Shell::fish}};
    auto shell = std::make_shared<Shell>(Shell::bash);
    CLI::App* const command =
        app.add_subcommand("completions", "completions for a shell: bash, zsh, fish");
    command->group(""); // hidden
    command->add_option("shell", *shell, "bash, zsh, fish")
        ->required()
        ->transform(CLI::CheckedTransformer(shells))
        ->option_text("SHELL");
    command->callback([shell, &app, &session] { session.print(completions(app, *shell)); });
}

} // namespace usherd::ctl
