using FastKv.Protocol;

namespace FastKv.Engine.Commands.Server;

// Control plane. One value of COMMAND DOCS' map: the documentation of a command, its argument tree, its subcommands.

/// <summary>Writes what COMMAND DOCS says about a command.</summary>
internal static class CommandDocsReply
{
    /// <summary>The command's name and its documentation: a key and a value of a map.</summary>
    public static void Write(ReplyWriter reply, CommandDescriptor command)
    {
        var docs = command.Docs;
        var arguments = docs.Arguments;
        bool isDeprecated = docs.DeprecatedSince.Length > 0;
        int fields = 4 + Count(docs.IsSystemCommand || isDeprecated) + Count(isDeprecated) + Count(docs.ReplacedBy.Length > 0) +
            Count(docs.History.Length > 0) + Count(arguments.Count > 0) + Count(command.Subcommands.Length > 0);

        reply.Bulk(command.Name);
        reply.MapHeader(fields);
        reply.Pair("summary", docs.Summary);
        reply.Pair("since", docs.Since);
        reply.Pair("group", CommandNames.Group(command.Group));
        reply.Pair("complexity", docs.Complexity);
        if (docs.IsSystemCommand || isDeprecated)
        {
            reply.Bulk("doc_flags");
            string[] flags = [.. isDeprecated ? ["deprecated"] : Array.Empty<string>(), .. docs.IsSystemCommand ? ["syscmd"] : Array.Empty<string>()];
            reply.StatusSet(flags);
        }
        if (isDeprecated)
            reply.Pair("deprecated_since", docs.DeprecatedSince);
        if (docs.ReplacedBy.Length > 0)
            reply.Pair("replaced_by", docs.ReplacedBy);
        if (docs.History.Length > 0)
            WriteHistory(reply, docs.History);
        if (arguments.Count > 0)
        {
            reply.Bulk("arguments");
            WriteArguments(reply, arguments);
        }
        if (command.Subcommands.Length > 0)
        {
            reply.Bulk("subcommands");
            reply.MapHeader(command.Subcommands.Length);
            foreach (var subcommand in command.Subcommands)
                Write(reply, subcommand);
        }
    }

    /// <summary>Lines "version: what changed" as pairs.</summary>
    private static void WriteHistory(ReplyWriter reply, string[] history)
    {
        reply.Bulk("history");
        reply.SetHeader(history.Length);
        foreach (string line in history)
        {
            int colon = line.IndexOf(':');
            reply.ArrayHeader(2);
            reply.Bulk(colon < 0 ? "" : line[..colon]);
            reply.Bulk(line[(colon + 1)..].Trim());
        }
    }

    private static void WriteArguments(ReplyWriter reply, List<SyntaxArgument> arguments)
    {
        reply.ArrayHeader(arguments.Count);
        foreach (var argument in arguments)
            WriteArgument(reply, argument);
    }

    private static void WriteArgument(ReplyWriter reply, SyntaxArgument argument)
    {
        string[] flags = [.. Names(argument)];
        int fields = 2 + Count(argument.DisplayText.Length > 0) + Count(argument.KeySpecIndex >= 0) + Count(argument.Token is not null) +
            Count(argument.Since.Length > 0) + Count(argument.DeprecatedSince.Length > 0) + Count(flags.Length > 0) + Count(argument.Arguments.Count > 0);
        reply.MapHeader(fields);
        reply.Pair("name", argument.Name);
        reply.Pair("type", argument.Type);
        if (argument.DisplayText.Length > 0)
            reply.Pair("display_text", argument.DisplayText);
        if (argument.KeySpecIndex >= 0)
            reply.Pair("key_spec_index", argument.KeySpecIndex);
        if (argument.Token is { } token)
            reply.Pair("token", token);
        if (argument.Since.Length > 0)
            reply.Pair("since", argument.Since);
        if (argument.DeprecatedSince.Length > 0)
            reply.Pair("deprecated_since", argument.DeprecatedSince);
        if (flags.Length > 0)
        {
            reply.Bulk("flags");
            reply.StatusSet(flags);
        }
        if (argument.Arguments.Count > 0)
        {
            reply.Bulk("arguments");
            WriteArguments(reply, argument.Arguments);
        }
    }

    private static IEnumerable<string> Names(SyntaxArgument argument)
    {
        if (argument.Optional)
            yield return "optional";
        if (argument.Multiple)
            yield return "multiple";
        if (argument.MultipleToken)
            yield return "multiple_token";
    }

    private static int Count(bool present) => present ? 1 : 0;
}
