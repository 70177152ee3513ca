using FastKv.Engine.Keyspace;
using FastKv.Protocol;
using FastKv.Structures;
using ValueType = FastKv.Structures.ValueType;

namespace FastKv.Engine.Commands.Strings;

/// <summary>GET and SET. Data plane.</summary>
internal static unsafe class GetSet
{
    [Command("GET", Arity = 2, Flags = CommandFlags.ReadOnly | CommandFlags.Fast, Group = CommandGroup.String, FirstKey = 1, LastKey = 1,
        Access = KeyAccess.RO | KeyAccess.Access, Since = "1.0.0", Summary = "Returns the string value of a key.", Complexity = "O(1)", Syntax = "key")]
    internal static void Get(ref CommandContext context)
    {
        var key = context.Key(1);
        var entry = context.Database(key).FindForRead(key);
        if (entry.IsNull)
        {
            context.Reply.Null();
            return;
        }
        if (entry.Type != ValueType.String)
        {
            context.Reply.Error(Errors.WrongType);
            return;
        }
        Span<byte> scratch = stackalloc byte[NumberText.Int64CharsMax];
        context.Reply.BulkString(StringEntry.Read(entry.Block, scratch));
    }
}
