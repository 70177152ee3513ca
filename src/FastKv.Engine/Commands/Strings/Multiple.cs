using FastKv.Engine.Configuration.Parameters;
using FastKv.Engine.Persistence.Journal;
using FastKv.Protocol;
using ValueType = FastKv.Structures.ValueType;

namespace FastKv.Engine.Commands.Strings;

// Data plane. MGET and MSET scatter: each part serves the keys of its partition. MSETNX and MSETEX decide over all keys, so they are exclusive.

/// <summary>MGET, MSET, MSETNX and MSETEX.</summary>
internal static class Multiple
{
    [Command("MGET", Arity = -2, Flags = CommandFlags.ReadOnly | CommandFlags.Fast, Group = CommandGroup.String, Merge = PartMerge.PerKey, FirstKey = 1,
        LastKey = -1, Access = KeyAccess.RO | KeyAccess.Access, Since = "1.0.0",
        Summary = "Atomically returns the string values of one or more keys.", Complexity = "O(N) where N is the number of keys to retrieve.",
        Syntax = "key...", Tips = ["request_policy:multi_shard"])]
    internal static void MGet(ref CommandContext context)
    {
        if (!context.IsPart)
            context.Reply.ArrayHeader(context.Count - 1);
        Span<byte> scratch = stackalloc byte[NumberText.Int64CharsMax];
        for (int i = 1; i < context.Count; i++)
        {
            var key = context.Key(i);
            if (!context.Owns(key))
                continue;
            var entry = context.Database(key).FindForRead(key);
            if (entry.IsNull || entry.Type != ValueType.String)
                context.Reply.Null();
            else
                context.Reply.BulkString(StringEdit.Read(entry, scratch));
        }
    }

    [Command("MSET", Arity = -3, Flags = CommandFlags.Write | CommandFlags.DenyOom, Group = CommandGroup.String, Merge = PartMerge.First, FirstKey = 1,
        LastKey = -1, KeyStep = 2, Access = KeyAccess.OW | KeyAccess.Update, Since = "1.0.1",
        Summary = "Atomically creates or modifies the string values of one or more keys.", Complexity = "O(N) where N is the number of keys to set.",
        Syntax = "(key value)...", Tips = ["request_policy:multi_shard", "response_policy:all_succeeded"])]
    internal static void MSet(ref CommandContext context)
    {
        if (context.Count % 2 == 0)
        {
            CommandRules.WrongArity(ref context, context.Command);
            return;
        }
        for (int i = 1; i < context.Count; i += 2)
        {
            var key = context.Key(i);
            if (!context.Owns(key))
                continue;
            var database = context.Database(key);
            database.SetString(key, context[i + 1]);
            database.Notify(KeyspaceEvents.Text, "set"u8, key);
        }
        context.Reply.Ok();
    }

    [Command("MSETNX", Arity = -3, Flags = CommandFlags.Write | CommandFlags.DenyOom, Group = CommandGroup.String, FirstKey = 1, LastKey = -1, KeyStep = 2,
        Access = KeyAccess.OW | KeyAccess.Insert, Since = "1.0.1",
        Summary = "Atomically modifies the string values of one or more keys only when all keys don't exist.",
        Complexity = "O(N) where N is the number of keys to set.", Syntax = "(key value)...",
        Tips = ["request_policy:multi_shard", "response_policy:agg_min"])]
    internal static void MSetNx(ref CommandContext context)
    {
        if (context.Count % 2 == 0)
        {
            CommandRules.WrongArity(ref context, context.Command);
            return;
        }
        for (int i = 1; i < context.Count; i += 2)
        {
            var key = context.Key(i);
            if (context.Database(key).Find(key).IsNull)
                continue;
            context.Reply.Integer(0);
            return;
        }
        for (int i = 1; i < context.Count; i += 2)
        {
            var key = context.Key(i);
            var database = context.Database(key);
            database.SetString(key, context[i + 1]);
            database.Notify(KeyspaceEvents.Text, "set"u8, key);
        }
        context.Reply.Integer(1);
    }

    [Command("MSETEX", Arity = -4, Flags = CommandFlags.Write | CommandFlags.DenyOom, Group = CommandGroup.String, Since = "8.4.0",
        Summary = "Atomically sets multiple string keys with a shared expiration in a single operation. Supports flexible argument parsing where " +
            "condition and expiration flags can appear in any order.",
        Complexity = "O(N) where N is the number of keys to set.",
        Syntax = "numkeys data(key value)... condition[NX | XX] expiration[EX seconds | PX milliseconds | EXAT unix-time-seconds | " +
            "PXAT unix-time-milliseconds | KEEPTTL]",
        Tips = ["request_policy:multi_shard", "response_policy:all_succeeded"])]
    [KeySpec(Index = 1, Access = KeyAccess.OW | KeyAccess.Update, CountIndex = 0, FirstKeyAfterCount = 1, KeyStep = 2)]
    internal static void MSetEx(ref CommandContext context)
    {
        if (!NumberText.TryParseInt64(context[1], out long pairs) || pairs is < 1 or > int.MaxValue)
        {
            context.Reply.Error(Errors.InvalidKeyCount);
            return;
        }
        if (pairs > (context.Count - 2) / 2)
        {
            context.Reply.Error(Errors.WrongPairCount);
            return;
        }
        int end = 2 + (2 * (int)pairs);
        if (!StringOptions.TryParse(ref context, end, StringOption.OfMSetEx, out var options) || !options.TryExpiry(ref context, out long expiryMs))
            return;

        if (options.Has(StringOption.Nx | StringOption.Xx)
            && CountExisting(ref context, 2, end) != (options.Has(StringOption.Nx) ? 0 : pairs))
        {
            context.Reply.Integer(0);
            return;
        }
        for (int i = 2; i < end; i += 2)
        {
            var key = context.Key(i);
            var database = context.Database(key);
            var existing = database.Peek(key);
            database.SetString(key, existing, context[i + 1], options.Has(StringOption.KeepTtl) ? StringEdit.ExpiryOf(existing) : expiryMs);
            if (context.IsJournaled)
                Effects.Set(context, key, context[i + 1], options.Has(StringOption.KeepTtl) ? -1 : expiryMs);
            database.Notify(KeyspaceEvents.Text, "set"u8, key);
            if (options.Has(StringOption.Time))
                database.Notify(KeyspaceEvents.Generic, "expire"u8, key);
        }
        context.Reply.Integer(1);
    }

    private static long CountExisting(ref CommandContext context, int first, int end)
    {
        long existing = 0;
        for (int i = first; i < end; i += 2)
        {
            var key = context.Key(i);
            if (!context.Database(key).Find(key).IsNull)
                existing++;
        }
        return existing;
    }
}
