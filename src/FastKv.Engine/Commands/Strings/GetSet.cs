using FastKv.Engine.Configuration.Parameters;
using FastKv.Engine.Keyspace;
using FastKv.Engine.Persistence.Journal;
using FastKv.Structures;

namespace FastKv.Engine.Commands.Strings;

// Data plane. SET without options, the common case, looks the key up once and stores; everything else is in SetWithOptions.

/// <summary>GET and SET.</summary>
internal static class GetSet
{
    [Command("GET", Arity = 2, Flags = CommandFlags.ReadOnly | CommandFlags.Fast, Group = CommandGroup.String, FirstKey = 1, LastKey = 1,
        Access = KeyAccess.RO | KeyAccess.Access, Since = "1.0.0", Summary = "Returns the string value of a key.", Complexity = "O(1)", Syntax = "key")]
    internal static void Get(ref CommandContext context)
    {
        var key = context.Key(1);
        var entry = context.Database(key).FindForRead(key);
        if (entry.IsNull)
            context.Reply.Null();
        else if (StringEdit.CheckType(ref context, entry))
            StringEdit.Reply(ref context, entry);
    }

    [Command("SET", Arity = -3, Flags = CommandFlags.Write | CommandFlags.DenyOom, Group = CommandGroup.String, Since = "1.0.0",
        Summary = "Sets the string value of a key, ignoring its type. The key is created if it doesn't exist.", Complexity = "O(1)",
        Syntax = "key value condition[NX | XX | IFEQ ifeq-value@8.4.0 | IFNE ifne-value@8.4.0 | IFDEQ ifdeq-digest@8.4.0 | IFDNE ifdne-digest@8.4.0]@2.6.12 " +
            "[GET@6.2.0] expiration[EX seconds@2.6.12 | PX milliseconds@2.6.12 | EXAT unix-time-seconds@6.2.0 | PXAT unix-time-milliseconds@6.2.0 | " +
            "KEEPTTL@6.0.0]",
        History =
        [
            "2.6.12: Added the `EX`, `PX`, `NX` and `XX` options.", "6.0.0: Added the `KEEPTTL` option.", "6.2.0: Added the `GET`, `EXAT` and `PXAT` option.",
            "7.0.0: Allowed the `NX` and `GET` options to be used together.", "8.4.0: Added the `IFEQ`, `IFNE`, `IFDEQ` and `IFDNE` options.",
        ])]
    [KeySpec(Index = 1, Access = KeyAccess.RW | KeyAccess.Access | KeyAccess.Update | KeyAccess.VariableFlags,
        Notes = "RW and ACCESS due to the optional `GET` argument")]
    internal static void Set(ref CommandContext context)
    {
        var key = context.Key(1);
        if (context.Count == 3)
        {
            var database = context.Database(key);
            database.SetString(key, context[2]);
            database.Notify(KeyspaceEvents.Text, "set"u8, key);
            context.Reply.Ok();
            return;
        }
        SetWithOptions(ref context, key);
    }

    private static void SetWithOptions(ref CommandContext context, in Key key)
    {
        if (!StringOptions.TryParse(ref context, 3, StringOption.OfSet, out var options) || !options.TryExpiry(ref context, out long expiryMs))
            return;

        var database = context.Database(key);
        bool replyOld = options.Has(StringOption.Get);
        var existing = replyOld ? database.FindForRead(key) : database.Peek(key);
        if (!existing.IsNull && options.Has(StringOption.Get | StringOption.Comparison) && !StringEdit.CheckType(ref context, existing))
            return;
        if (!existing.IsNull && options.Has(StringOption.IfDigestEq | StringOption.IfDigestNe)
            && !ValueCondition.CheckDigest(ref context, options.ComparedArgument))
        {
            return;
        }

        bool holds = ConditionHolds(ref context, options, existing);
        if (replyOld && !existing.IsNull)
            StringEdit.Reply(ref context, existing);
        else if (replyOld || !holds)
            context.Reply.Null();
        else
            context.Reply.Ok();
        if (!holds)
        {
            // Looked up all the same.
            if (!existing.IsNull)
                database.NoteAccess(existing);
            return;
        }
        if (options.Has(StringOption.KeepTtl))
            expiryMs = StringEdit.ExpiryOf(existing);
        database.SetString(key, existing, context[2], expiryMs);
        if (context.IsJournaled)
            TellSet(ref context, key, options, expiryMs);
        database.Notify(KeyspaceEvents.Text, "set"u8, key);
        if (options.Has(StringOption.Time))
            database.Notify(KeyspaceEvents.Generic, "expire"u8, key);
    }

    // A time becomes an absolute one; GET and conditions on the value have done their part.
    private static void TellSet(ref CommandContext context, in Key key, in StringOptions options, long expiryMs)
    {
        if (options.Has(StringOption.UnixMilliseconds) && !options.Has(StringOption.Get | StringOption.Comparison))
            return;
        if (options.Has(StringOption.Time))
            Effects.Set(context, key, context[2], expiryMs);
        else if (options.Has(StringOption.Comparison))
            Effects.Set(context, key, context[2], options.Has(StringOption.KeepTtl) ? -1 : 0);
        else if (options.Has(StringOption.Get))
            TellWithoutGet(ref context, key);
    }

    private static void TellWithoutGet(ref CommandContext context, in Key key)
    {
        int count = 0;
        for (int i = 1; i < context.Count; i++)
            count += i > 2 && context.Is(i, "GET"u8) ? 0 : 1;
        var effect = context.BeginEffect(key, context[0], 1 + count);
        for (int i = 1; i < context.Count; i++)
        {
            if (i <= 2 || !context.Is(i, "GET"u8))
                effect.Add(context[i]);
        }
    }

    private static bool ConditionHolds(ref CommandContext context, in StringOptions options, EntryRef existing)
    {
        var condition = options.Given & StringOption.Condition;
        if (condition == 0)
            return true;
        if (existing.IsNull)
            return (condition & (StringOption.Nx | StringOption.IfNe | StringOption.IfDigestNe)) != 0;
        if ((condition & StringOption.Comparison) == 0)
            return condition == StringOption.Xx;
        return ValueCondition.Holds(condition, existing, context[options.ComparedArgument]);
    }
}
