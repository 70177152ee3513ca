using FastKv.Protocol;

namespace FastKv.Engine.Commands.Server;

// Control plane. One element of COMMAND INFO's reply: ten fields, the last of them the subcommands in the same form.

/// <summary>Writes what COMMAND and COMMAND INFO say about a command.</summary>
internal static class CommandInfoReply
{
    public static void Write(ReplyWriter reply, CommandDescriptor command)
    {
        reply.ArrayHeader(10);
        reply.Bulk(command.Name);
        reply.Integer(command.Arity);
        reply.StatusSet([.. CommandNames.Flags.Where(f => (command.Flags & f.Flag) != 0).Select(f => f.Name)]);
        reply.Integer(command.FirstKey);
        reply.Integer(command.LastKey);
        reply.Integer(command.KeyStep);
        reply.StatusSet([.. CommandNames.Categories.Where(c => (command.Categories & c.Category) != 0).Select(c => c.Name)], "@");
        var tips = command.Docs.Tips;
        reply.SetHeader(tips.Length);
        foreach (string tip in tips)
            reply.Bulk(tip);
        reply.SetHeader(command.KeySpecs.Length);
        foreach (var spec in command.KeySpecs)
            WriteKeySpec(reply, spec);
        if (command.Subcommands.Length == 0)
        {
            reply.SetHeader(0);
            return;
        }
        reply.ArrayHeader(command.Subcommands.Length);
        foreach (var subcommand in command.Subcommands)
            Write(reply, subcommand);
    }

    /// <summary>The set of a key's access flags.</summary>
    public static void WriteAccess(ReplyWriter reply, KeyAccess access) =>
        reply.StatusSet([.. CommandNames.Access.Where(a => (access & a.Access) != 0).Select(a => a.Name)]);

    private static void WriteKeySpec(ReplyWriter reply, KeySpec spec)
    {
        reply.MapHeader(spec.Notes.Length > 0 ? 4 : 3);
        if (spec.Notes.Length > 0)
            reply.Pair("notes", spec.Notes);
        reply.Bulk("flags");
        WriteAccess(reply, spec.Access);

        reply.Bulk("begin_search");
        bool isUnknown = spec.Index == 0 && spec.Keyword.Length == 0;
        if (isUnknown)
        {
            WriteSpec(reply, "unknown");
        }
        else if (spec.Keyword.Length > 0)
        {
            WriteSpec(reply, "keyword", 2);
            reply.Pair("keyword", spec.Keyword);
            reply.Pair("startfrom", spec.StartFrom);
        }
        else
        {
            WriteSpec(reply, "index", 1);
            reply.Pair("index", spec.Index);
        }

        reply.Bulk("find_keys");
        if (isUnknown)
        {
            WriteSpec(reply, "unknown");
        }
        else if (spec.CountIndex >= 0)
        {
            WriteSpec(reply, "keynum", 3);
            reply.Pair("keynumidx", spec.CountIndex);
            reply.Pair("firstkey", spec.FirstKeyAfterCount);
            reply.Pair("keystep", spec.KeyStep);
        }
        else
        {
            WriteSpec(reply, "range", 3);
            reply.Pair("lastkey", spec.LastKey);
            reply.Pair("keystep", spec.KeyStep);
            reply.Pair("limit", spec.Limit);
        }
    }

    private static void WriteSpec(ReplyWriter reply, string type, int fields = 0)
    {
        reply.MapHeader(2);
        reply.Pair("type", type);
        reply.Bulk("spec");
        reply.MapHeader(fields);
    }
}
