using FastKv.Engine.Persistence.Journal;
using FastKv.Protocol;
using FastKv.Structures;

namespace FastKv.Engine.Commands.Hashes;

// Data plane. Reads that also do something to the fields, and the write that gives them a time to live.

/// <summary>HGETDEL, HGETEX, HSETEX.</summary>
internal static class FieldVariants
{
    [Flags]
    private enum SetOption
    {
        None = 0, Absent = 1, Present = 2, Time = 4, KeepTtl = 8,
    }

    [Command("HGETDEL", Arity = -5, Flags = CommandFlags.Write | CommandFlags.Fast, Group = CommandGroup.Hash, FirstKey = 1, LastKey = 1,
        Access = KeyAccess.RW | KeyAccess.Access | KeyAccess.Delete, Since = "8.0.0",
        Summary = "Returns the value of a field and deletes it from the hash.", Complexity = "O(N) where N is the number of specified fields",
        Syntax = "key FIELDS fields(numfields:integer field...)")]
    internal static void HGetDel(ref CommandContext context)
    {
        if (!HashEdit.TryOpen(ref context, out var hash) || !FieldArguments.TryFields(ref context, 2, Errors.FieldCountNotPositive))
            return;
        context.Reply.ArrayHeader(context.Count - 4);
        Span<byte> scratch = stackalloc byte[HashValue.ScratchBytes];
        long deleted = 0;
        for (int i = 4; i < context.Count; i++)
        {
            var position = hash.Find(context[i]);
            if (!position.Exists)
            {
                context.Reply.Null();
                continue;
            }
            context.Reply.BulkString(hash.Value(position, scratch));
            hash.Remove(position);
            if (context.IsJournaled)
                FieldEffects.Delete(context, context.Key(1), context[i]);
            deleted++;
        }
        hash.Close(deleted, "hdel"u8);
    }

    [Command("HGETEX", Arity = -5, Flags = CommandFlags.Write | CommandFlags.Fast, Group = CommandGroup.Hash, Since = "8.0.0",
        Summary = "Get the value of one or more fields of a given hash key, and optionally set their expiration.",
        Complexity = "O(N) where N is the number of specified fields",
        Syntax = "key expiration[EX seconds | PX milliseconds | EXAT unix-time-seconds | PXAT unix-time-milliseconds | PERSIST] "
            + "FIELDS fields(numfields:integer field...)")]
    [KeySpec(Index = 1, Access = KeyAccess.RW | KeyAccess.Access | KeyAccess.Update, Notes = "RW and UPDATE because it changes the TTL")]
    internal static void HGetEx(ref CommandContext context)
    {
        if (!HashEdit.TryOpen(ref context, out var hash))
            return;
        int fieldsAt = 2;
        bool isPersist = context.Is(2, "PERSIST"u8);
        bool isTimed = FieldArguments.IsTime(ref context, 2, out long baseMs, out long unitMs);
        long expiryMs = 0;
        if (isTimed)
        {
            fieldsAt = 4;
            if (!FieldArguments.TryTime(ref context, 3, baseMs, unitMs, out expiryMs))
                return;
        }
        else if (isPersist)
        {
            fieldsAt = 3;
        }
        if (!FieldArguments.TryFields(ref context, fieldsAt, Errors.FieldCountNotPositive))
            return;

        context.Reply.ArrayHeader(context.Count - fieldsAt - 2);
        Span<byte> scratch = stackalloc byte[HashValue.ScratchBytes];
        long changes = 0;
        for (int i = fieldsAt + 2; i < context.Count; i++)
        {
            var position = hash.Find(context[i]);
            if (!position.Exists)
            {
                context.Reply.Null();
                continue;
            }
            context.Reply.BulkString(hash.Value(position, scratch));
            if (isTimed && expiryMs <= context.NowMs)
                hash.Remove(position);
            else if (isTimed || (isPersist && hash.ExpiryMs(position) != 0))
                hash.SetExpiry(position, context[i], expiryMs);
            else
                continue;
            changes++;
            if (!context.IsJournaled)
                continue;
            if (isTimed && expiryMs <= context.NowMs)
                FieldEffects.Delete(context, context.Key(1), context[i]);
            else
                FieldEffects.ExpireAt(context, context.Key(1), expiryMs, context[i]);
        }
        hash.Close(changes, isPersist ? "hpersist"u8 : expiryMs <= context.NowMs ? "hdel"u8 : "hexpire"u8);
    }

    [Command("HSETEX", Arity = -6, Flags = CommandFlags.Write | CommandFlags.DenyOom | CommandFlags.Fast, Group = CommandGroup.Hash, FirstKey = 1,
        LastKey = 1, Access = KeyAccess.RW | KeyAccess.Update, Since = "8.0.0",
        Summary = "Set the value of one or more fields of a given hash key, and optionally set their expiration.",
        Complexity = "O(N) where N is the number of fields being set.",
        Syntax = "key condition[FNX | FXX] expiration[EX seconds | PX milliseconds | EXAT unix-time-seconds | PXAT unix-time-milliseconds | KEEPTTL] "
            + "FIELDS fields(numfields:integer data(field value)...)")]
    internal static void HSetEx(ref CommandContext context)
    {
        if (!TrySetOptions(ref context, out var options, out long expiryMs, out int first) || !HashEdit.TryOpen(ref context, out var hash))
            return;
        for (int i = first; i < context.Count && (options & (SetOption.Absent | SetOption.Present)) != 0; i += 2)
        {
            if (hash.Find(context[i]).Exists == ((options & SetOption.Absent) != 0))
            {
                context.Reply.Integer(0);
                return;
            }
        }

        bool isPast = (options & SetOption.Time) != 0 && expiryMs <= context.NowMs;
        if ((options & SetOption.KeepTtl) != 0)
            expiryMs = HashValue.KeepExpiry;
        long changes = 0;
        bool isKept = (options & SetOption.KeepTtl) != 0;
        for (int i = first; i < context.Count; i += 2)
        {
            var position = hash.Find(context[i]);
            if (!isPast)
                hash.Put(position, context[i], context[i + 1], expiryMs);
            else if (position.Exists)
                hash.Remove(position);
            else
                continue;
            changes++;
            if (context.IsJournaled)
                TellSet(ref context, hash, i, isPast, isKept, expiryMs);
        }
        bool isTimed = (options & SetOption.Time) != 0;
        if (changes == 0)
            hash.NotifyOfNothing("hset"u8, "hdel"u8);
        hash.Close(changes, "hset"u8, isPast ? "hdel"u8 : isTimed ? "hexpire"u8 : default);
        context.Reply.Integer(1);
    }

    private static void TellSet(ref CommandContext context, in HashEdit hash, int field, bool isPast, bool isKept, long expiryMs)
    {
        var key = context.Key(1);
        if (isPast)
        {
            FieldEffects.Delete(context, key, context[field]);
            return;
        }
        FieldEffects.Set(context, key, context[field], context[field + 1]);
        if (isKept)
            expiryMs = hash.ExpiryMs(hash.Find(context[field]));
        if (expiryMs > 0)
            FieldEffects.ExpireAt(context, key, expiryMs, context[field]);
    }

    // In any order; FIELDS with all that follows it is the last.
    private static bool TrySetOptions(ref CommandContext context, out SetOption options, out long expiryMs, out int first)
    {
        options = SetOption.None;
        expiryMs = 0;
        first = 0;
        for (int i = 2; i < context.Count; i++)
        {
            if (context.Is(i, "FIELDS"u8))
            {
                first = i + 2;
                return HasPairs(ref context, i + 1);
            }

            var option = context.Is(i, "FNX"u8) ? SetOption.Absent : context.Is(i, "FXX"u8) ? SetOption.Present
                : context.Is(i, "KEEPTTL"u8) ? SetOption.KeepTtl : SetOption.None;
            bool isTimed = FieldArguments.IsTime(ref context, i, out long baseMs, out long unitMs);
            if (isTimed)
                option = SetOption.Time;
            if (option == SetOption.None)
            {
                context.Reply.Error(Errors.UnknownArgumentPrefix, CommandRules.Shown(context[i]), default);
                return false;
            }
            if (Conflicts(options, option, out var conflict))
            {
                context.Reply.Error(conflict);
                return false;
            }
            options |= option;
            if (!isTimed)
                continue;
            if (++i == context.Count)
                break;
            if (!FieldArguments.TryTime(ref context, i, baseMs, unitMs, out expiryMs))
                return false;
        }
        context.Reply.Error(Errors.FieldsMissingOfHSetEx);
        return false;
    }

    private static bool Conflicts(SetOption given, SetOption added, out ReadOnlySpan<byte> error)
    {
        const SetOption Condition = SetOption.Absent | SetOption.Present;
        bool isCondition = (added & Condition) != 0;
        error = isCondition ? Errors.OneFieldCondition : Errors.OneFieldExpiry;
        return (given & (isCondition ? Condition : SetOption.Time | SetOption.KeepTtl)) != 0;
    }

    private static bool HasPairs(ref CommandContext context, int countAt)
    {
        if (countAt >= context.Count || !NumberText.TryParseInt64(context[countAt], out long count) || count is < 1 or > int.MaxValue)
            context.Reply.Error(Errors.FieldCountOfHSetEx);
        else if (context.Count - countAt - 1 != 2 * count)
            CommandRules.WrongArity(ref context, context.Command);
        else
            return true;
        return false;
    }
}
