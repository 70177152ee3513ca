using FastKv.Structures;

namespace FastKv.Engine.Commands.Hashes;

// Data plane. The reply has a number for each field: −2 there is no such field, −1 it does not expire.

/// <summary>HTTL, HPTTL, HEXPIRETIME, HPEXPIRETIME, HPERSIST.</summary>
internal static unsafe class FieldTimes
{
    private const int NoField = -2;
    private const int NoExpiry = -1;

    [Command("HTTL", Arity = -5, Flags = CommandFlags.ReadOnly | CommandFlags.Fast, Group = CommandGroup.Hash, FirstKey = 1, LastKey = 1,
        Access = KeyAccess.RO | KeyAccess.Access, Since = "7.4.0", Summary = "Returns the TTL in seconds of a hash field.",
        Complexity = "O(N) where N is the number of specified fields", Syntax = "key FIELDS fields(numfields:integer field...)",
        Tips = ["nondeterministic_output"])]
    internal static void HTtl(ref CommandContext context) => Reply(ref context, context.NowMs, 1000);

    [Command("HPTTL", Arity = -5, Flags = CommandFlags.ReadOnly | CommandFlags.Fast, Group = CommandGroup.Hash, FirstKey = 1, LastKey = 1,
        Access = KeyAccess.RO | KeyAccess.Access, Since = "7.4.0", Summary = "Returns the TTL in milliseconds of a hash field.",
        Complexity = "O(N) where N is the number of specified fields", Syntax = "key FIELDS fields(numfields:integer field...)",
        Tips = ["nondeterministic_output"])]
    internal static void HPTtl(ref CommandContext context) => Reply(ref context, context.NowMs, 1);

    [Command("HEXPIRETIME", Arity = -5, Flags = CommandFlags.ReadOnly | CommandFlags.Fast, Group = CommandGroup.Hash, FirstKey = 1, LastKey = 1,
        Access = KeyAccess.RO | KeyAccess.Access, Since = "7.4.0",
        Summary = "Returns the expiration time of a hash field as a Unix timestamp, in seconds.",
        Complexity = "O(N) where N is the number of specified fields", Syntax = "key FIELDS fields(numfields:integer field...)")]
    internal static void HExpireTime(ref CommandContext context) => Reply(ref context, 0, 1000);

    [Command("HPEXPIRETIME", Arity = -5, Flags = CommandFlags.ReadOnly | CommandFlags.Fast, Group = CommandGroup.Hash, FirstKey = 1, LastKey = 1,
        Access = KeyAccess.RO | KeyAccess.Access, Since = "7.4.0",
        Summary = "Returns the expiration time of a hash field as a Unix timestamp, in msec.",
        Complexity = "O(N) where N is the number of specified fields", Syntax = "key FIELDS fields(numfields:integer field...)")]
    internal static void HPExpireTime(ref CommandContext context) => Reply(ref context, 0, 1);

    [Command("HPERSIST", Arity = -5, Flags = CommandFlags.Write | CommandFlags.Fast, Group = CommandGroup.Hash, FirstKey = 1, LastKey = 1,
        Access = KeyAccess.RW | KeyAccess.Update, Since = "7.4.0", Summary = "Removes the expiration time for each specified field",
        Complexity = "O(N) where N is the number of specified fields", Syntax = "key FIELDS fields(numfields:integer field...)")]
    internal static void HPersist(ref CommandContext context)
    {
        if (!HashEdit.TryOpen(ref context, out var hash) || !FieldArguments.TryFields(ref context, 2, Errors.FieldCountNotPositive))
            return;
        context.Reply.ArrayHeader(context.Count - 4);
        long changes = 0;
        for (int i = 4; i < context.Count; i++)
        {
            var position = hash.Find(context[i]);
            if (!position.Exists)
            {
                context.Reply.Integer(NoField);
                continue;
            }
            if (hash.ExpiryMs(position) == 0)
            {
                context.Reply.Integer(NoExpiry);
                continue;
            }
            hash.SetExpiry(position, context[i], 0);
            changes++;
            context.Reply.Integer(1);
        }
        hash.Close(changes, "hpersist"u8);
    }

    /// <summary>Replies each field's expiry less <paramref name="baseMs"/>, in units rounded up.</summary>
    private static void Reply(ref CommandContext context, long baseMs, long unitMs)
    {
        if (!HashReads.TryFind(ref context, out var entry, out var values) || !FieldArguments.TryFields(ref context, 2, Errors.FieldCountNotPositive))
            return;
        context.Reply.ArrayHeader(context.Count - 4);
        for (int i = 4; i < context.Count; i++)
        {
            var position = entry.IsNull ? default : HashValue.Find(values, entry.Block, context[i], context.NowMs);
            long expiryMs = position.Exists ? HashValue.ExpiryMs(entry.Block, position) : 0;
            if (!position.Exists)
                context.Reply.Integer(NoField);
            else if (expiryMs == 0)
                context.Reply.Integer(NoExpiry);
            else
                context.Reply.Integer((expiryMs - baseMs + unitMs - 1) / unitMs);
        }
    }
}
