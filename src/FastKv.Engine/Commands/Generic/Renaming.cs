using FastKv.Engine.Configuration.Parameters;
using FastKv.Engine.Keyspace;
using FastKv.Structures;

namespace FastKv.Engine.Commands.Generic;

/// <summary>RENAME, RENAMENX, COPY and MOVE: values that change key, database or shard. Data plane.</summary>
internal static unsafe class Renaming
{
    [Command("RENAME", Arity = 3, Flags = CommandFlags.Write, Group = CommandGroup.Generic, Since = "1.0.0",
        Summary = "Renames a key and overwrites the destination.", Complexity = "O(1)", Syntax = "key newkey")]
    [KeySpec(Index = 1, Access = KeyAccess.RW | KeyAccess.Access | KeyAccess.Delete)]
    [KeySpec(Index = 2, Access = KeyAccess.OW | KeyAccess.Update)]
    internal static void Rename(ref CommandContext context)
    {
        if (Rename(ref context, overwrite: true))
            context.Reply.Ok();
    }

    [Command("RENAMENX", Arity = 3, Flags = CommandFlags.Write | CommandFlags.Fast, Group = CommandGroup.Generic, Since = "1.0.0",
        Summary = "Renames a key only when the target key name doesn't exist.", Complexity = "O(1)", Syntax = "key newkey",
        History = ["3.2.0: The command no longer returns an error when source and destination names are the same."])]
    [KeySpec(Index = 1, Access = KeyAccess.RW | KeyAccess.Access | KeyAccess.Delete)]
    [KeySpec(Index = 2, Access = KeyAccess.OW | KeyAccess.Insert)]
    internal static void RenameIfAbsent(ref CommandContext context)
    {
        if (Rename(ref context, overwrite: false))
            context.Reply.Integer(1);
    }

    [Command("COPY", Arity = -3, Flags = CommandFlags.Write | CommandFlags.DenyOom, Group = CommandGroup.Generic, Since = "6.2.0",
        Summary = "Copies the value of a key to a new key.",
        Complexity = "O(N) worst case for collections, where N is the number of nested items. O(1) for string values.",
        Syntax = "source destination [DB destination-db:integer] [REPLACE]")]
    [KeySpec(Index = 1, Access = KeyAccess.RO | KeyAccess.Access)]
    [KeySpec(Index = 2, Access = KeyAccess.OW | KeyAccess.Update)]
    internal static void Copy(ref CommandContext context)
    {
        bool replace = false;
        int target = context.DatabaseIndex;
        for (int i = 3; i < context.Count; i++)
        {
            if (context.Is(i, "REPLACE"u8))
            {
                replace = true;
            }
            else if (context.Is(i, "DB"u8) && i + 1 < context.Count)
            {
                if (!TryDatabase(ref context, ++i, out target))
                    return;
            }
            else
            {
                context.Reply.Error(Errors.Syntax);
                return;
            }
        }
        var from = context.Key(1);
        var to = context.Key(2);
        if (target == context.DatabaseIndex && from.Span.SequenceEqual(to.Span))
        {
            context.Reply.Error(Errors.SameObject);
            return;
        }
        var entry = context.Database(from).FindForRead(from);
        if (entry.IsNull)
        {
            context.Reply.Integer(0);
            return;
        }
        var destination = context.Database(to, target);
        if (!destination.Find(to).IsNull)
        {
            if (!replace)
            {
                context.Reply.Integer(0);
                return;
            }
            destination.Delete(to);
        }
        var copy = Values.Copy(context.Database(from).Values, destination.Values, entry, to.Span);
        copy.SetAccessClock(destination.Partition.NewAccessBits);
        destination.Insert(to, copy);

        // The source is in another file; and the journal does not know of databases other than the selected one.
        if (context.IsJournaled && destination.Partition != context.Database(from).Partition)
            Persistence.Journal.JournalUnits.AddImage(ref context, to, target);
        destination.Notify(KeyspaceEvents.Generic, "copy_to"u8, to);
        context.Reply.Integer(1);
    }

    [Command("MOVE", Arity = 3, Flags = CommandFlags.Write | CommandFlags.Fast, Group = CommandGroup.Generic, FirstKey = 1, LastKey = 1,
        Access = KeyAccess.RW | KeyAccess.Access | KeyAccess.Update, Since = "1.0.0", Summary = "Moves a key to another database.", Complexity = "O(1)",
        Syntax = "key db:integer")]
    internal static void Move(ref CommandContext context)
    {
        if (!TryDatabase(ref context, 2, out int target))
            return;
        if (target == context.DatabaseIndex)
        {
            context.Reply.Error(Errors.SameObject);
            return;
        }
        var key = context.Key(1);
        var source = context.Database(key);
        var destination = context.Database(key, target);
        var entry = source.Find(key);
        if (entry.IsNull || !destination.Find(key).IsNull)
        {
            context.Reply.Integer(0);
            return;
        }
        source.Unlink(key, entry);
        destination.Insert(key, entry);
        source.Notify(KeyspaceEvents.Generic, "move_from"u8, key);
        destination.Notify(KeyspaceEvents.Generic, "move_to"u8, key);
        context.Reply.Integer(1);
    }

    /// <summary>The common part of RENAME and RENAMENX; false: the reply has been written.</summary>
    private static bool Rename(ref CommandContext context, bool overwrite)
    {
        var from = context.Key(1);
        var to = context.Key(2);
        var source = context.Database(from);
        var entry = source.Find(from);
        if (entry.IsNull)
        {
            context.Reply.Error(Errors.NoSuchKey);
            return false;
        }
        if (from.Span.SequenceEqual(to.Span))
        {
            if (overwrite)
                return true;
            context.Reply.Integer(0);
            return false;
        }
        var destination = context.Database(to);
        if (!destination.Find(to).IsNull)
        {
            if (!overwrite)
            {
                context.Reply.Integer(0);
                return false;
            }
            destination.Delete(to);
        }

        // The key stands in the entry's block, so a rename makes a new block; a value outside of it moves along, unless it changes heap.
        if (source.Heap == destination.Heap)
        {
            source.Unlink(from, entry);
            destination.Insert(to, new EntryRef(EntryBlock.Rename(source.Heap, entry.Block, to.Span)));
        }
        else
        {
            destination.Insert(to, Values.Copy(source.Values, destination.Values, entry, to.Span));
            source.Remove(from, entry);
        }
        source.Notify(KeyspaceEvents.Generic, "rename_from"u8, from);
        destination.Notify(KeyspaceEvents.Generic, "rename_to"u8, to);
        return true;
    }

    private static bool TryDatabase(ref CommandContext context, int index, out int database)
    {
        database = 0;
        if (!context.TryInteger(index, out long value))
            return false;
        if (value is < int.MinValue or > int.MaxValue)
        {
            context.Reply.Error(Errors.NotAnInt32);
            return false;
        }
        if (value < 0 || value >= context.Partition.Databases.Length)
        {
            context.Reply.Error(Errors.DatabaseIndexOutOfRange);
            return false;
        }
        database = (int)value;
        return true;
    }
}
