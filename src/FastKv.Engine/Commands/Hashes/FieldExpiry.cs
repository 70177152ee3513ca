using FastKv.Engine.Persistence.Journal;

namespace FastKv.Engine.Commands.Hashes;

// Data plane. The reply has a number for each field: −2 there is no such field, 0 the condition does not hold, 1 set, 2 removed since the time has passed.

/// <summary>HEXPIRE, HPEXPIRE, HEXPIREAT, HPEXPIREAT.</summary>
internal static class FieldExpiry
{
    private const int NoField = -2;
    private const int NotSet = 0;
    private const int Set = 1;
    private const int Removed = 2;

    private enum Condition
    {
        None, Absent, Present, Greater, Less,
    }

    [Command("HEXPIRE", Arity = -6, Flags = CommandFlags.Write | CommandFlags.DenyOom | CommandFlags.Fast, Group = CommandGroup.Hash, FirstKey = 1,
        LastKey = 1, Access = KeyAccess.RW | KeyAccess.Update, Since = "7.4.0",
        Summary = "Set expiry for hash field using relative time to expire (seconds)", Complexity = "O(N) where N is the number of specified fields",
        Syntax = "key seconds condition[NX | XX | GT | LT] FIELDS fields(numfields:integer field...)")]
    internal static void HExpire(ref CommandContext context) => SetExpiry(ref context, context.NowMs, 1000);

    [Command("HPEXPIRE", Arity = -6, Flags = CommandFlags.Write | CommandFlags.DenyOom | CommandFlags.Fast, Group = CommandGroup.Hash, FirstKey = 1,
        LastKey = 1, Access = KeyAccess.RW | KeyAccess.Update, Since = "7.4.0",
        Summary = "Set expiry for hash field using relative time to expire (milliseconds)", Complexity = "O(N) where N is the number of specified fields",
        Syntax = "key milliseconds condition[NX | XX | GT | LT] FIELDS fields(numfields:integer field...)")]
    internal static void HPExpire(ref CommandContext context) => SetExpiry(ref context, context.NowMs, 1);

    [Command("HEXPIREAT", Arity = -6, Flags = CommandFlags.Write | CommandFlags.DenyOom | CommandFlags.Fast, Group = CommandGroup.Hash, FirstKey = 1,
        LastKey = 1, Access = KeyAccess.RW | KeyAccess.Update, Since = "7.4.0",
        Summary = "Set expiry for hash field using an absolute Unix timestamp (seconds)", Complexity = "O(N) where N is the number of specified fields",
        Syntax = "key unix-time-seconds condition[NX | XX | GT | LT] FIELDS fields(numfields:integer field...)")]
    internal static void HExpireAt(ref CommandContext context) => SetExpiry(ref context, 0, 1000);

    [Command("HPEXPIREAT", Arity = -6, Flags = CommandFlags.Write | CommandFlags.DenyOom | CommandFlags.Fast, Group = CommandGroup.Hash, FirstKey = 1,
        LastKey = 1, Access = KeyAccess.RW | KeyAccess.Update, Since = "7.4.0",
        Summary = "Set expiry for hash field using an absolute Unix timestamp (milliseconds)",
        Complexity = "O(N) where N is the number of specified fields",
        Syntax = "key unix-time-milliseconds condition[NX | XX | GT | LT] FIELDS fields(numfields:integer field...)")]
    internal static void HPExpireAt(ref CommandContext context) => SetExpiry(ref context, 0, 1);

    private static void SetExpiry(ref CommandContext context, long baseMs, long unitMs)
    {
        if (!HashEdit.TryOpen(ref context, out var hash) || !FieldArguments.TryTime(ref context, 2, baseMs, unitMs, out long expiryMs))
            return;
        var condition = ConditionIn(ref context, 3);
        int fieldsAt = condition == Condition.None ? 3 : 4;
        if (!FieldArguments.TryFields(ref context, fieldsAt, Errors.FieldCountOfHExpire))
            return;
        int first = fieldsAt + 2;
        context.Reply.ArrayHeader(context.Count - first);
        long changes = 0;
        bool isRemoved = false;
        for (int i = first; i < context.Count; i++)
        {
            int result = SetExpiry(ref hash, context[i], condition, expiryMs, context.NowMs);
            if (result > NotSet)
                changes++;
            isRemoved |= result == Removed;
            if (context.IsJournaled && result == Removed)
                FieldEffects.Delete(context, context.Key(1), context[i]);
            else if (context.IsJournaled && result == Set)
                FieldEffects.ExpireAt(context, context.Key(1), expiryMs, context[i]);
            context.Reply.Integer(result);
        }
        hash.Close(changes, isRemoved ? "hdel"u8 : "hexpire"u8);
    }

    private static int SetExpiry(ref HashEdit hash, ReadOnlySpan<byte> field, Condition condition, long expiryMs, long nowMs)
    {
        var position = hash.Find(field);
        if (!position.Exists)
            return NoField;
        if (!Holds(condition, hash.ExpiryMs(position), expiryMs))
            return NotSet;
        if (expiryMs <= nowMs)
        {
            hash.Remove(position);
            return Removed;
        }
        hash.SetExpiry(position, field, expiryMs);
        return Set;
    }

    // A field without expiry lives for ever: nothing is greater, everything is less.
    private static bool Holds(Condition condition, long currentMs, long nextMs) => condition switch
    {
        Condition.Absent => currentMs == 0,
        Condition.Present => currentMs != 0,
        Condition.Greater => currentMs != 0 && nextMs > currentMs,
        Condition.Less => currentMs == 0 || nextMs < currentMs,
        _ => true,
    };

    private static Condition ConditionIn(ref CommandContext context, int index)
    {
        if (context.Is(index, "NX"u8))
            return Condition.Absent;
        if (context.Is(index, "XX"u8))
            return Condition.Present;
        if (context.Is(index, "GT"u8))
            return Condition.Greater;
        return context.Is(index, "LT"u8) ? Condition.Less : Condition.None;
    }
}
