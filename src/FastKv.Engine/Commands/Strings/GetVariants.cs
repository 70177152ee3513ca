using FastKv.Engine.Configuration.Parameters;
using FastKv.Engine.Persistence.Journal;

namespace FastKv.Engine.Commands.Strings;

// Data plane. Reads that also do something to the key.

/// <summary>GETDEL and GETEX.</summary>
internal static class GetVariants
{
    [Command("GETDEL", Arity = 2, Flags = CommandFlags.Write | CommandFlags.Fast, Group = CommandGroup.String, FirstKey = 1, LastKey = 1,
        Access = KeyAccess.RW | KeyAccess.Access | KeyAccess.Delete, Since = "6.2.0",
        Summary = "Returns the string value of a key after deleting the key.", Complexity = "O(1)", Syntax = "key")]
    internal static void GetDel(ref CommandContext context)
    {
        var key = context.Key(1);
        var database = context.Database(key);
        var entry = database.FindForRead(key);
        if (entry.IsNull)
        {
            context.Reply.Null();
            return;
        }
        if (!StringEdit.CheckType(ref context, entry))
            return;
        StringEdit.Reply(ref context, entry);
        database.Remove(key, entry);
        if (context.IsJournaled)
            Effects.Delete(context, key, context.Partition.Options.LazyFreeLazyUserDel);
        database.Notify(KeyspaceEvents.Generic, "del"u8, key);
    }

    [Command("GETEX", Arity = -2, Flags = CommandFlags.Write | CommandFlags.Fast, Group = CommandGroup.String, Since = "6.2.0",
        Summary = "Returns the string value of a key after setting its expiration time.", Complexity = "O(1)",
        Syntax = "key expiration[EX seconds | PX milliseconds | EXAT unix-time-seconds | PXAT unix-time-milliseconds | PERSIST]")]
    [KeySpec(Index = 1, Access = KeyAccess.RW | KeyAccess.Access | KeyAccess.Update, Notes = "RW and UPDATE because it changes the TTL")]
    internal static void GetEx(ref CommandContext context)
    {
        if (!StringOptions.TryParse(ref context, 2, StringOption.OfGetEx, out var options))
            return;
        var key = context.Key(1);
        var database = context.Database(key);
        var entry = database.FindForRead(key);
        if (entry.IsNull)
        {
            context.Reply.Null();
            return;
        }

        // The order of Redis: a bad time is an error only where there is a string to give it to.
        if (!StringEdit.CheckType(ref context, entry) || !options.TryExpiry(ref context, out long expiryMs))
            return;
        StringEdit.Reply(ref context, entry);
        if (options.Has(StringOption.Time))
        {
            if (expiryMs <= context.NowMs)
            {
                database.Remove(key, entry);
                if (context.IsJournaled)
                    Effects.Delete(context, key, context.Partition.Options.LazyFreeLazyExpire);
                database.Notify(KeyspaceEvents.Generic, "del"u8, key);
            }
            else
            {
                database.SetExpiry(key, entry, expiryMs);
                if (context.IsJournaled)
                    Effects.ExpireAt(context, key, expiryMs);
                database.Notify(KeyspaceEvents.Generic, "expire"u8, key);
            }
        }
        else if (options.Has(StringOption.Persist) && entry.HasExpiry)
        {
            database.RemoveExpiry(key, entry);
            if (context.IsJournaled)
                context.BeginEffect(key, "PERSIST"u8, 2).Add(key.Span);
            database.Notify(KeyspaceEvents.Generic, "persist"u8, key);
        }
    }
}
