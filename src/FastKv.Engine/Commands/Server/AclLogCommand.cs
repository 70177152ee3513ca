using FastKv.Engine.Acl;
using FastKv.Protocol;

namespace FastKv.Engine.Commands.Server;

/// <summary>ACL LOG: what was denied lately, and to whom. Control plane.</summary>
internal static class AclLogCommand
{
    private const long ShownByDefault = 10;

    [Command("ACL|LOG", Arity = -2, Flags = AclCommands.Admin, Group = CommandGroup.Server, Route = CommandRoute.Connection, Since = "6.0.0",
        Summary = "List latest events denied because of ACLs in place", Complexity = "O(N) with N being the number of entries shown.",
        Syntax = "operation[count | RESET]")]
    internal static void Log(ref CommandContext context)
    {
        var server = context.Client.Loop.Server;
        long count = ShownByDefault;
        if (context.Count > 3)
        {
            CommandRules.WrongSubcommandSyntax(ref context);
            return;
        }
        if (context.Count == 3 && context.Is(2, "RESET"u8))
        {
            server.Acl.Log.Clear();
            context.Reply.Ok();
            return;
        }
        if (context.Count == 3 && !context.TryInteger(2, out count))
            return;
        var entries = server.Acl.Log.Entries;
        long nowMs = server.Clock.UnixMicroseconds / 1000;
        int shown = (int)Math.Clamp(count, 0, entries.Length);
        context.Reply.ArrayHeader(shown);
        foreach (var entry in entries.AsSpan(0, shown))
            Write(context.Reply, entry, nowMs);
    }

    private static void Write(ReplyWriter reply, AclLogEntry entry, long nowMs)
    {
        reply.MapHeader(7);
        reply.Pair("count", entry.Count);
        reply.Pair("reason", entry.Reason switch
        {
            AclVerdict.Key => "key",
            AclVerdict.Channel => "channel",
            AclVerdict.Authentication => "auth",
            _ => "command",
        });
        reply.Pair("context", entry.Context.ToString().ToLowerInvariant());
        reply.Bulk("object");
        reply.BulkString(AclCommands.Bytes(entry.Object));
        reply.Bulk("username");
        reply.BulkString(AclCommands.Bytes(entry.User));
        reply.Bulk("age-seconds");
        reply.Double((nowMs - entry.AtMs) / 1000.0);
        reply.Bulk("client-info");
        reply.BulkString(AclCommands.Bytes(entry.ClientInfo));
    }
}
