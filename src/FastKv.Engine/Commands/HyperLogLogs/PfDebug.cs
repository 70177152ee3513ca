using FastKv.Engine.Keyspace;
using FastKv.Protocol;
using FastKv.Structures;

namespace FastKv.Engine.Commands.HyperLogLogs;

/// <summary>PFDEBUG and PFSELFTEST. Control plane.</summary>
internal static unsafe class PfDebug
{
    /// <summary>Room for the longest text of an opcode, "Z:16384 ".</summary>
    private const int RunTextBytesMax = 16;

    [Command("PFDEBUG", Arity = 3, Flags = CommandFlags.Write | CommandFlags.DenyOom | CommandFlags.Admin, Group = CommandGroup.HyperLogLog, FirstKey = 2,
        LastKey = 2, Access = KeyAccess.RW | KeyAccess.Access, Since = "2.8.9", Summary = "Internal commands for debugging HyperLogLog values",
        Complexity = "N/A", Syntax = "subcommand key", SystemCommand = true)]
    internal static void Execute(ref CommandContext context)
    {
        var key = context.Key(2);
        var database = context.Database(key);
        var entry = database.Find(key);
        if (entry.IsNull)
        {
            context.Reply.Error(Errors.NoSuchDebugKey);
            return;
        }
        if (!HyperLogLogAccess.Check(ref context, entry))
            return;
        HyperLogLogValue.MakeRaw(entry);
        if (context.Is(1, "GETREG"u8))
            Registers(ref context, database, key, entry);
        else if (context.Is(1, "DECODE"u8))
            Decode(ref context, entry);
        else if (context.Is(1, "ENCODING"u8))
            context.Reply.SimpleString(HyperLogLogValue.IsSparse(entry) ? "sparse"u8 : "dense"u8);
        else if (context.Is(1, "TODENSE"u8))
            ToDense(ref context, database, key, entry);
        else
            context.Reply.Error("ERR Unknown PFDEBUG subcommand '"u8, CommandRules.Shown(context[1]), "'"u8);
    }

    [Command("PFSELFTEST", Arity = 1, Flags = CommandFlags.Admin, Group = CommandGroup.HyperLogLog, Route = CommandRoute.Connection, Since = "2.8.9",
        Summary = "An internal command for testing HyperLogLog values", Complexity = "N/A", SystemCommand = true)]
    internal static void SelfTest(ref CommandContext context)
    {
        string wrong = HyperLogLogCheck.Run();
        if (wrong.Length == 0)
            context.Reply.Ok();
        else
            context.Reply.Error(System.Text.Encoding.ASCII.GetBytes(wrong));
    }

    private static void Registers(ref CommandContext context, Database database, in Key key, EntryRef entry)
    {
        if (!TryMakeDense(ref context, database, key, ref entry))
            return;
        context.Reply.ArrayHeader(HyperLogLog.Registers);
        for (int i = 0; i < HyperLogLog.Registers; i++)
            context.Reply.Integer(HyperLogLogValue.Register(entry, i));
    }

    private static void ToDense(ref CommandContext context, Database database, in Key key, EntryRef entry)
    {
        bool isSparse = HyperLogLogValue.IsSparse(entry);
        if (TryMakeDense(ref context, database, key, ref entry))
            context.Reply.Integer(isSparse ? 1 : 0);
    }

    private static bool TryMakeDense(ref CommandContext context, Database database, in Key key, ref EntryRef entry)
    {
        if (!HyperLogLogValue.IsSparse(entry))
            return true;
        var dense = new EntryRef(HyperLogLogValue.MakeDense(database.Values, entry.Block, out bool isValid));
        if (!isValid)
        {
            context.Reply.Error(Errors.CorruptHyperLogLog);
            return false;
        }
        database.Replace(key, entry, dense);
        entry = dense;
        return true;
    }

    private static void Decode(ref CommandContext context, EntryRef entry)
    {
        if (!HyperLogLogValue.IsSparse(entry))
        {
            context.Reply.Error(Errors.NotASparseHyperLogLog);
            return;
        }
        using var text = new MemoryStream();
        Span<byte> piece = stackalloc byte[RunTextBytesMax];
        var run = HyperLogLogValue.Runs(entry);
        while (run.MoveNext())
        {
            var writer = new SpanText(piece);
            writer.Add(text.Length > 0 ? " "u8 : default);
            writer.Add(run.Value > 0 ? "v:"u8 : run.IsLong ? "Z:"u8 : "z:"u8);
            if (run.Value > 0)
            {
                writer.Add(run.Value);
                writer.Add(","u8);
            }
            writer.Add(run.Length);
            text.Write(writer.Written);
        }
        context.Reply.BulkString(text.ToArray());
    }
}
