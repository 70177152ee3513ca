using FastKv.Engine.Commands.Strings;
using FastKv.Engine.Configuration.Parameters;
using FastKv.Engine.Keyspace;
using FastKv.Protocol;
using FastKv.Structures;

namespace FastKv.Engine.Commands.Bitmaps;

// Data plane. BITFIELD's operations are read twice rather than stored: once to find errors before anything is done and how long the string has to
// be, once to be executed.

/// <summary>BITFIELD and BITFIELD_RO.</summary>
internal static unsafe class BitFields
{
    private enum Kind
    {
        Get,
        Set,
        IncrBy,
    }

    [Command("BITFIELD", Arity = -2, Flags = CommandFlags.Write | CommandFlags.DenyOom, Group = CommandGroup.Bitmap, Since = "3.2.0",
        Summary = "Performs arbitrary bitfield integer operations on strings.", Complexity = "O(1) for each subcommand specified",
        Syntax = "key operation[GET (encoding offset) | write([OVERFLOW (WRAP | SAT | FAIL)] write_operation(SET (encoding offset value:integer) | " +
            "INCRBY (encoding offset increment:integer)))]...")]
    [KeySpec(Index = 1, Access = KeyAccess.RW | KeyAccess.Access | KeyAccess.Update | KeyAccess.VariableFlags,
        Notes = "This command allows both access and modification of the key")]
    internal static void BitField(ref CommandContext context)
    {
        if (!TryCheck(ref context, out var outline))
            return;
        if (!outline.Writes)
        {
            Read(ref context, outline);
            return;
        }

        var key = context.Key(1);
        var database = context.Database(key);
        var existing = database.Find(key);
        if (!existing.IsNull && !StringEdit.CheckType(ref context, existing))
            return;
        byte* bytes = StringEdit.Prepare(database, key, existing, outline.LengthMin, out long length, out bool isLonger);
        long changes = Execute(ref context, database, outline, bytes, length, isLonger);
        if (changes == 0)
            return;
        if (isLonger)
            database.MarkChanged(changes - 1);
        else
            database.NoteChanged(key, changes);
        database.Notify(KeyspaceEvents.Text, "setbit"u8, key);
    }

    [Command("BITFIELD_RO", Arity = -2, Flags = CommandFlags.ReadOnly | CommandFlags.Fast, Group = CommandGroup.Bitmap, FirstKey = 1, LastKey = 1,
        Access = KeyAccess.RO | KeyAccess.Access, Since = "6.0.0", Summary = "Performs arbitrary read-only bitfield integer operations on strings.",
        Complexity = "O(1) for each subcommand specified", Syntax = "key [GET (encoding offset)]...")]
    internal static void BitFieldReadOnly(ref CommandContext context)
    {
        if (!TryCheck(ref context, out var outline))
            return;
        if (outline.Writes)
            context.Reply.Error(Errors.BitFieldReadOnly);
        else
            Read(ref context, outline);
    }

    private static void Read(ref CommandContext context, in Outline outline)
    {
        var key = context.Key(1);
        var entry = context.Database(key).FindForRead(key);
        if (!entry.IsNull && !StringEdit.CheckType(ref context, entry))
            return;
        byte* scratch = stackalloc byte[NumberText.Int64CharsMax];
        byte* bytes = StringEdit.Pin(entry, scratch, out int length);
        Execute(ref context, context.Database(key), outline, bytes, length, isLonger: false);
    }

    /// <summary>Reads all operations; replies the error of the first that is wrong.</summary>
    private static bool TryCheck(ref CommandContext context, out Outline outline)
    {
        outline = default;
        var cursor = new Cursor { Next = 2 };
        while (cursor.Next < context.Count)
        {
            if (!TryNext(ref context, ref cursor, out bool isOperation))
                return false;
            if (!isOperation)
                continue;
            outline.Operations++;
            if (cursor.Kind == Kind.Get)
                continue;
            outline.Writes = true;
            outline.LengthMin = Math.Max(outline.LengthMin, ((cursor.Offset + cursor.Bits - 1) >> 3) + 1);
        }
        return true;
    }

    /// <summary>
    /// Runs all operations; returns how many wrote, that is, changed a field or (<paramref name="isLonger"/>) one of a value that had to grow.
    /// </summary>
    private static long Execute(ref CommandContext context, Database database, in Outline outline, byte* bytes, long length, bool isLonger)
    {
        long changes = 0;
        context.Reply.ArrayHeader(outline.Operations);
        var cursor = new Cursor { Next = 2 };
        while (cursor.Next < context.Count)
        {
            if (!TryNext(ref context, ref cursor, out bool isOperation))
                break;
            if (!isOperation)
                continue;
            if (cursor.Kind != Kind.Get)
                StringEdit.BeforeWrite(database, bytes, cursor.Offset >> 3, ((cursor.Offset + cursor.Bits - 1) >> 3) + 1 - (cursor.Offset >> 3));
            bool isWritten = cursor.IsSigned
                ? ExecuteSigned(ref context, cursor, bytes, length, isLonger)
                : ExecuteUnsigned(ref context, cursor, bytes, length, isLonger);
            changes += isWritten ? 1 : 0;
        }
        return changes;
    }

    private static bool ExecuteSigned(ref CommandContext context, in Cursor operation, byte* bytes, long length, bool isLonger)
    {
        long old = Structures.BitField.GetSigned(bytes, length, operation.Offset, operation.Bits);
        if (operation.Kind == Kind.Get)
        {
            context.Reply.Integer(old);
            return false;
        }
        bool isSet = operation.Kind == Kind.Set;
        if (!Structures.BitField.TryAddSigned(isSet ? operation.Value : old, isSet ? 0 : operation.Value, operation.Bits, operation.Overflow, out long value))
        {
            context.Reply.Null();
            return false;
        }
        Structures.BitField.Set(bytes, operation.Offset, operation.Bits, (ulong)value);
        context.Reply.Integer(isSet ? old : value);
        return isLonger || old != value;
    }

    private static bool ExecuteUnsigned(ref CommandContext context, in Cursor operation, byte* bytes, long length, bool isLonger)
    {
        ulong old = Structures.BitField.GetUnsigned(bytes, length, operation.Offset, operation.Bits);
        if (operation.Kind == Kind.Get)
        {
            context.Reply.Integer((long)old);
            return false;
        }
        bool isSet = operation.Kind == Kind.Set;
        if (!Structures.BitField.TryAddUnsigned(
            isSet ? (ulong)operation.Value : old, isSet ? 0 : operation.Value, operation.Bits, operation.Overflow, out ulong value))
        {
            context.Reply.Null();
            return false;
        }
        Structures.BitField.Set(bytes, operation.Offset, operation.Bits, value);
        context.Reply.Integer((long)(isSet ? old : value));
        return isLonger || old != value;
    }

    /// <summary>Reads what stands at the cursor, an operation or OVERFLOW, and moves it on; replies the error if it is wrong.</summary>
    private static bool TryNext(ref CommandContext context, ref Cursor cursor, out bool isOperation)
    {
        int at = cursor.Next;
        int following = context.Count - at - 1;
        isOperation = false;
        if (context.Is(at, "OVERFLOW"u8) && following >= 1)
        {
            cursor.Next += 2;
            return TryOverflow(ref context, at + 1, out cursor.Overflow);
        }

        isOperation = true;
        if (context.Is(at, "GET"u8) && following >= 2)
            cursor.Kind = Kind.Get;
        else if (context.Is(at, "SET"u8) && following >= 3)
            cursor.Kind = Kind.Set;
        else if (context.Is(at, "INCRBY"u8) && following >= 3)
            cursor.Kind = Kind.IncrBy;
        else
            return Reject(ref context, Errors.Syntax);
        cursor.Next += cursor.Kind == Kind.Get ? 3 : 4;
        return TryEncoding(ref context, at + 1, out cursor.IsSigned, out cursor.Bits)
            && BitArguments.TryFieldOffset(ref context, at + 2, cursor.Bits, out cursor.Offset)
            && (cursor.Kind == Kind.Get || context.TryInteger(at + 3, out cursor.Value));
    }

    private static bool TryOverflow(ref CommandContext context, int index, out BitFieldOverflow overflow)
    {
        overflow = default;
        if (context.Is(index, "WRAP"u8))
            overflow = BitFieldOverflow.Wrap;
        else if (context.Is(index, "SAT"u8))
            overflow = BitFieldOverflow.Saturate;
        else if (context.Is(index, "FAIL"u8))
            overflow = BitFieldOverflow.Fail;
        else
            return Reject(ref context, Errors.InvalidOverflow);
        return true;
    }

    /// <summary>i1 to i64, u1 to u63. Redis reads the number as a C string: what follows a zero byte is not looked at.</summary>
    private static bool TryEncoding(ref CommandContext context, int index, out bool isSigned, out int bits)
    {
        var text = context[index];
        isSigned = text.Length > 0 && text[0] == 'i';
        bits = 0;
        if (!isSigned && (text.Length == 0 || text[0] != 'u'))
            return Reject(ref context, Errors.InvalidBitFieldType);
        var digits = text[1..];
        int zero = digits.IndexOf((byte)0);
        if (!NumberText.TryParseInt64(zero < 0 ? digits : digits[..zero], out long value) || value < 1 || value > (isSigned ? 64 : 63))
            return Reject(ref context, Errors.InvalidBitFieldType);
        bits = (int)value;
        return true;
    }

    private static bool Reject(ref CommandContext context, ReadOnlySpan<byte> error)
    {
        context.Reply.Error(error);
        return false;
    }

    /// <summary>What the first reading finds.</summary>
    private struct Outline
    {
        public int Operations;
        public bool Writes;

        /// <summary>Bytes that the string must have for all writes.</summary>
        public long LengthMin;
    }

    /// <summary>The operation last read, and where the next begins. OVERFLOW holds until the next OVERFLOW.</summary>
    private struct Cursor
    {
        public int Next;
        public Kind Kind;
        public bool IsSigned;
        public int Bits;
        public long Offset;
        public long Value;
        public BitFieldOverflow Overflow;
    }
}
