namespace FastKv.Engine.Commands.Hashes;

// Data plane. A field that is set loses its time to live.

/// <summary>HSET and HMSET, HSETNX, HDEL.</summary>
internal static class HashWrites
{
    [Command("HSET", Arity = -4, Flags = CommandFlags.Write | CommandFlags.DenyOom | CommandFlags.Fast, Group = CommandGroup.Hash, FirstKey = 1, LastKey = 1,
        Access = KeyAccess.RW | KeyAccess.Update, Since = "2.0.0", Summary = "Set the string value of a hash field",
        Complexity = "O(1) for each field/value pair added, so O(N) to add N field/value pairs when the command is called with multiple field/value pairs.",
        Syntax = "key (field value)...", History = ["4.0.0: Accepts multiple `field` and `value` arguments."])]
    internal static void HSet(ref CommandContext context)
    {
        if (TrySet(ref context, out long added))
            context.Reply.Integer(added);
    }

    [Command("HMSET", Arity = -4, Flags = CommandFlags.Write | CommandFlags.DenyOom | CommandFlags.Fast, Group = CommandGroup.Hash, FirstKey = 1, LastKey = 1,
        Access = KeyAccess.RW | KeyAccess.Update, Since = "2.0.0", Summary = "Set multiple hash fields to multiple values",
        Complexity = "O(N) where N is the number of fields being set.", Syntax = "key (field value)...", DeprecatedSince = "4.0.0",
        ReplacedBy = "`HSET` with multiple field-value pairs")]
    internal static void HMSet(ref CommandContext context)
    {
        if (TrySet(ref context, out _))
            context.Reply.Ok();
    }

    [Command("HSETNX", Arity = 4, Flags = CommandFlags.Write | CommandFlags.DenyOom | CommandFlags.Fast, Group = CommandGroup.Hash, FirstKey = 1, LastKey = 1,
        Access = KeyAccess.RW | KeyAccess.Insert, Since = "2.0.0", Summary = "Set the value of a hash field, only if the field does not exist",
        Complexity = "O(1)", Syntax = "key field value")]
    internal static void HSetNx(ref CommandContext context)
    {
        if (!HashEdit.TryOpen(ref context, out var hash))
            return;
        var position = hash.FindOrExpire(context[2]);
        if (!position.Exists)
        {
            hash.Put(position, context[2], context[3]);
            hash.Close(1, "hset"u8);
        }
        context.Reply.Integer(position.Exists ? 0 : 1);
    }

    [Command("HDEL", Arity = -3, Flags = CommandFlags.Write | CommandFlags.Fast, Group = CommandGroup.Hash, FirstKey = 1, LastKey = 1,
        Access = KeyAccess.RW | KeyAccess.Delete, Since = "2.0.0", Summary = "Delete one or more hash fields",
        Complexity = "O(N) where N is the number of fields to be removed.", Syntax = "key field...",
        History = ["2.4.0: Accepts multiple `field` arguments."])]
    internal static void HDel(ref CommandContext context)
    {
        if (!HashEdit.TryOpen(ref context, out var hash))
            return;
        long deleted = 0;
        for (int i = 2; i < context.Count && hash.Exists; i++)
        {
            var position = hash.Find(context[i]);
            if (!position.Exists)
                continue;
            hash.Remove(position);
            deleted++;
        }
        hash.Close(deleted, "hdel"u8);
        context.Reply.Integer(deleted);
    }

    private static bool TrySet(ref CommandContext context, out long added)
    {
        added = 0;
        if (context.Count % 2 != 0)
        {
            CommandRules.WrongArity(ref context, context.Command);
            return false;
        }
        if (!HashEdit.TryOpen(ref context, out var hash))
            return false;
        int pairs = (context.Count - 2) / 2;
        if (!hash.Exists && hash.TryBuild(ref context, 2))
        {
            added = pairs;
        }
        else
        {
            for (int i = 2; i < context.Count; i += 2)
            {
                var position = hash.Find(context[i]);
                if (!position.Exists)
                    added++;
                hash.Put(position, context[i], context[i + 1]);
            }
        }
        hash.Close(pairs, "hset"u8);
        return true;
    }
}
