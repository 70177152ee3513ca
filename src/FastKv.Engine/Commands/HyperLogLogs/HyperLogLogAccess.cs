using FastKv.Engine.Commands.Strings;
using FastKv.Engine.Keyspace;
using FastKv.Structures;
using ValueType = FastKv.Structures.ValueType;

namespace FastKv.Engine.Commands.HyperLogLogs;

// Data plane. What the commands on HyperLogLogs have in common: the checks, and changes that go through the database.

/// <summary>Checks and edits of HyperLogLogs in a <see cref="Database"/>.</summary>
internal static unsafe class HyperLogLogAccess
{
    /// <summary>Whether the entry is a string in the format of a HyperLogLog; replies the error if not.</summary>
    public static bool Check(ref CommandContext context, EntryRef entry)
    {
        if (entry.Type != ValueType.String)
        {
            context.Reply.Error(Errors.WrongType);
            return false;
        }
        if (HyperLogLogValue.IsValid(entry))
            return true;
        context.Reply.Error(Errors.NotAHyperLogLog);
        return false;
    }

    /// <summary>
    /// A register will be raised in place. What is too long for a HyperLogLog may pass for a sparse one where not all of it is looked at, and a snapshot may have
    /// yet to write it.
    /// </summary>
    public static void BeforeChange(Database database, EntryRef entry)
    {
        byte* buffer = StringEntry.BufferOf(entry, out long length);
        if (buffer != null)
            StringEdit.BeforeWrite(database, buffer, 0, length);
    }

    /// <summary>An entry for an empty HyperLogLog, which is in no table yet.</summary>
    public static EntryRef Create(Database database, in Key key) =>
        new(HyperLogLogValue.Create(database.Values, key.Span, -1, database.Partition.NewAccessBits));

    /// <summary>Puts a changed entry where <paramref name="existing"/> stood, or inserts it if that is null.</summary>
    public static void Link(Database database, in Key key, EntryRef existing, EntryRef entry, long changes)
    {
        if (existing.IsNull)
            database.Insert(key, entry);
        else if (changes > 0)
            database.Replace(key, existing, entry, changes);
        else
            database.Relink(key, existing, entry);
    }
}
