using FastKv.Engine.Commands.Strings;
using FastKv.Engine.Configuration.Parameters;
using FastKv.Protocol;
using FastKv.Structures;

namespace FastKv.Engine.Commands.Bitmaps;

/// <summary>SETBIT and GETBIT. Data plane.</summary>
internal static unsafe class SingleBits
{
    [Command("SETBIT", Arity = 4, Flags = CommandFlags.Write | CommandFlags.DenyOom, Group = CommandGroup.Bitmap, FirstKey = 1, LastKey = 1,
        Access = KeyAccess.RW | KeyAccess.Access | KeyAccess.Update, Since = "2.2.0",
        Summary = "Sets or clears the bit at offset of the string value. Creates the key if it doesn't exist.", Complexity = "O(1)",
        Syntax = "key offset value:integer")]
    internal static void SetBit(ref CommandContext context)
    {
        if (!BitArguments.TryOffset(ref context, 2, out long offset) || !context.TryInteger(3, out long value, Errors.InvalidBit))
            return;
        if (value is not (0 or 1))
        {
            context.Reply.Error(Errors.InvalidBit);
            return;
        }
        var key = context.Key(1);
        var database = context.Database(key);
        var existing = database.Find(key);
        if (!existing.IsNull && !StringEdit.CheckType(ref context, existing))
            return;
        byte* bytes = StringEdit.Prepare(database, key, existing, (offset >> 3) + 1, out _, out bool isChanged);
        StringEdit.BeforeWrite(database, bytes, offset >> 3, 1);
        bool wasSet = BitPosition.Set(bytes, offset, value != 0);
        context.Reply.Integer(wasSet ? 1 : 0);
        if (!isChanged && wasSet == (value != 0))
            return;
        if (!isChanged)
            database.NoteChanged(key);
        database.Notify(KeyspaceEvents.Text, "setbit"u8, key);
    }

    [Command("GETBIT", Arity = 3, Flags = CommandFlags.ReadOnly | CommandFlags.Fast, Group = CommandGroup.Bitmap, FirstKey = 1, LastKey = 1,
        Access = KeyAccess.RO | KeyAccess.Access, Since = "2.2.0", Summary = "Returns a bit value by offset.", Complexity = "O(1)", Syntax = "key offset")]
    internal static void GetBit(ref CommandContext context)
    {
        if (!BitArguments.TryOffset(ref context, 2, out long offset))
            return;
        var key = context.Key(1);
        var entry = context.Database(key).FindForRead(key);
        if (!entry.IsNull && !StringEdit.CheckType(ref context, entry))
            return;
        byte* scratch = stackalloc byte[NumberText.Int64CharsMax];
        byte* bytes = StringEdit.Pin(entry, scratch, out int length);
        context.Reply.Integer(BitPosition.Get(bytes, length, offset) ? 1 : 0);
    }
}
