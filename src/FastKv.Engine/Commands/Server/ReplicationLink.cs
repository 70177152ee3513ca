using FastKv.Protocol;

namespace FastKv.Engine.Commands.Server;

/// <summary>REPLCONF, SYNC and PSYNC: what replicas say to their master, as far as a server without replication understands it. Control plane.</summary>
internal static class ReplicationLink
{
    private const int AddressBytesMax = 256;
    private const CommandFlags Sync = CommandFlags.Admin | CommandFlags.NoScript | CommandFlags.NoAsyncLoading | CommandFlags.NoMulti;

    [Command("REPLCONF", Arity = -1, Flags = CommandFlags.Admin | CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale | CommandFlags.AllowBusy,
        Group = CommandGroup.Server, Route = CommandRoute.Connection, Since = "3.0.0",
        Summary = "An internal command for configuring the replication stream.", Complexity = "O(1)", SystemCommand = true)]
    internal static void Configure(ref CommandContext context)
    {
        if (context.Count % 2 == 0)
        {
            context.Reply.Error(Errors.Syntax);
            return;
        }
        for (int i = 1; i < context.Count; i += 2)
        {
            // Neither is answered: the first by nobody, the second only by a replica.
            if (context.Is(i, "ACK"u8) || context.Is(i, "GETACK"u8))
                return;
            if (!TryOption(ref context, i))
                return;
        }
        context.Reply.Ok();
    }

    [Command("SYNC", Arity = 1, Flags = Sync, Group = CommandGroup.Server, Route = CommandRoute.Connection, Since = "1.0.0",
        Summary = "An internal command used in replication.", Complexity = "O(1)", Differs = "replies an error: there is no replication yet")]
    [Command("PSYNC", Arity = -3, Flags = Sync, Group = CommandGroup.Server, Route = CommandRoute.Connection, Since = "2.8.0",
        Summary = "An internal command used in replication.", Complexity = "O(1)", Syntax = "replicationid offset",
        Differs = "replies an error: there is no replication yet")]
    internal static void Begin(ref CommandContext context) => context.Reply.Error(Errors.NoSynchronisation);

    private static bool TryOption(ref CommandContext context, int index)
    {
        var value = context[index + 1];
        if (context.Is(index, "LISTENING-PORT"u8) || context.Is(index, "RDB-ONLY"u8))
            return context.TryInteger(index + 1, out _);
        if (context.Is(index, "IP-ADDRESS"u8))
        {
            if (value.Length < AddressBytesMax)
                return true;
            context.Reply.BeginError("ERR REPLCONF ip-address provided by replica instance is too long: "u8);
            context.Reply.ErrorPiece(value.Length);
            context.Reply.ErrorPiece(" bytes"u8);
            context.Reply.EndError();
            return false;
        }
        if (context.Is(index, "CAPA"u8))
            return true;
        if (context.Is(index, "RDB-FILTER-ONLY"u8))
        {
            if (context.Is(index + 1, "FUNCTIONS"u8) || value.IsEmpty)
                return true;
            context.Reply.Error("ERR Unsupported rdb-filter-only option: "u8, value, default);
            return false;
        }
        context.Reply.Error("ERR Unrecognized REPLCONF option: "u8, context[index], default);
        return false;
    }
}
