using FastKv.Engine.Configuration.Parameters;
using FastKv.Engine.Persistence.Journal;

namespace FastKv.Engine.Commands.Strings;

// Data plane. Older commands that SET's options have replaced; they differ in replies and in the order of arguments.

/// <summary>SETNX, SETEX, PSETEX and GETSET.</summary>
internal static class SetVariants
{
    [Command("SETNX", Arity = 3, Flags = CommandFlags.Write | CommandFlags.DenyOom | CommandFlags.Fast, Group = CommandGroup.String, FirstKey = 1, LastKey = 1,
        Access = KeyAccess.OW | KeyAccess.Insert, Since = "1.0.0", Summary = "Set the string value of a key only when the key doesn't exist.",
        Complexity = "O(1)", Syntax = "key value")]
    internal static void SetNx(ref CommandContext context)
    {
        var key = context.Key(1);
        var database = context.Database(key);
        var existing = database.Find(key);
        if (existing.IsNull)
        {
            database.SetString(key, existing, context[2]);
            database.Notify(KeyspaceEvents.Text, "set"u8, key);
        }
        context.Reply.Integer(existing.IsNull ? 1 : 0);
    }

    [Command("SETEX", Arity = 4, Flags = CommandFlags.Write | CommandFlags.DenyOom, Group = CommandGroup.String, FirstKey = 1, LastKey = 1,
        Access = KeyAccess.OW | KeyAccess.Update, Since = "2.0.0",
        Summary = "Sets the string value and expiration time of a key. Creates the key if it doesn't exist.", Complexity = "O(1)",
        Syntax = "key seconds value")]
    internal static void SetEx(ref CommandContext context) => SetWithTime(ref context, StringOption.Seconds);

    [Command("PSETEX", Arity = 4, Flags = CommandFlags.Write | CommandFlags.DenyOom, Group = CommandGroup.String, FirstKey = 1, LastKey = 1,
        Access = KeyAccess.OW | KeyAccess.Update, Since = "2.6.0",
        Summary = "Sets both string value and expiration time in milliseconds of a key. The key is created if it doesn't exist.", Complexity = "O(1)",
        Syntax = "key milliseconds value")]
    internal static void PSetEx(ref CommandContext context) => SetWithTime(ref context, StringOption.Milliseconds);

    [Command("GETSET", Arity = 3, Flags = CommandFlags.Write | CommandFlags.DenyOom | CommandFlags.Fast, Group = CommandGroup.String, FirstKey = 1, LastKey = 1,
        Access = KeyAccess.RW | KeyAccess.Access | KeyAccess.Update, Since = "1.0.0",
        Summary = "Returns the previous string value of a key after setting it to a new value.", Complexity = "O(1)", Syntax = "key value",
        DeprecatedSince = "6.2.0", ReplacedBy = "`SET` with the `!GET` argument")]
    internal static void GetThenSet(ref CommandContext context)
    {
        var key = context.Key(1);
        var database = context.Database(key);
        var existing = database.FindForRead(key);
        if (existing.IsNull)
            context.Reply.Null();
        else if (StringEdit.CheckType(ref context, existing))
            StringEdit.Reply(ref context, existing);
        else
            return;
        database.SetString(key, existing, context[2]);
        if (context.IsJournaled)
            Effects.Set(context, key, context[2], 0);
        database.Notify(KeyspaceEvents.Text, "set"u8, key);
    }

    private static void SetWithTime(ref CommandContext context, StringOption unit)
    {
        if (!StringOptions.TryExpiry(ref context, 2, unit, out long expiryMs))
            return;
        var key = context.Key(1);
        var database = context.Database(key);
        database.SetString(key, context[3], expiryMs);
        if (context.IsJournaled)
            Effects.Set(context, key, context[3], expiryMs);
        database.Notify(KeyspaceEvents.Text, "set"u8, key);
        database.Notify(KeyspaceEvents.Generic, "expire"u8, key);
        context.Reply.Ok();
    }
}
