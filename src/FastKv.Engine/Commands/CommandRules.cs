using System.Runtime.CompilerServices;
using FastKv.Engine.Clients;
using FastKv.Engine.Keyspace;
using FastKv.Protocol;

namespace FastKv.Engine.Commands;

// Data plane (the rare half of resolution): arity and subcommands, where the keys live, and the texts of rejections.

/// <summary>Checks that hold for every command, before its handler runs.</summary>
internal static unsafe class CommandRules
{
    /// <summary>Elements that a command may repeat at random (HRANDFIELD, SRANDMEMBER, ZRANDMEMBER): Redis would write until its memory is used up.</summary>
    public const long RepeatedMax = 100_000_000;

    /// <summary>Redis shows at most this many bytes of the name and of the arguments of an unknown command.</summary>
    private const int ShownBytesMax = 128;

    /// <summary>Follows a container to its subcommand and checks the arity; null: to be rejected.</summary>
    public static CommandDescriptor? Refine(CommandDescriptor command, Argument* arguments, int count)
    {
        if (command.Subcommands.Length != 0 && count > 1)
        {
            var subcommand = CommandTable.FindSubcommand(command, arguments[1].Span);
            if (subcommand is null)
                return null;
            command = subcommand;
        }
        return command.IsExecutable && HasArity(command, count) ? command : null;
    }

    public static bool HasArity(CommandDescriptor command, int count) => command.Arity >= 0 ? count == command.Arity : count >= -command.Arity;

    /// <summary>The shard that can run the command alone, or that it spans several.</summary>
    public static int ShardOf(CommandDescriptor command, Argument* arguments, int count, Routing routing)
    {
        if (command.Route == CommandRoute.Everywhere)
            return Sharding.CommandBatch.Spanning;
        if (command.Route == CommandRoute.Cursor)
            return ScanCursor.ShardOf(arguments[1].Span, routing.ShardCount);
        if (command.Route == CommandRoute.Channel)
            return routing.ShardOf(arguments[1].Pointer, arguments[1].Length);
        if (command.KeysBySpec)
            return ShardOfSpecKeys(command, arguments, count, routing);
        if (command.FirstKey == 0)
            return 0;

        int shard = routing.ShardOf(arguments[command.FirstKey].Pointer, arguments[command.FirstKey].Length);
        int last = command.LastKey < 0 ? count + command.LastKey : command.LastKey;
        for (int i = command.FirstKey + command.KeyStep; i <= last && i < count; i += command.KeyStep)
        {
            if (routing.ShardOf(arguments[i].Pointer, arguments[i].Length) != shard)
                return Sharding.CommandBatch.Spanning;
        }
        return shard;
    }

    /// <summary>The shards that a spanning command involves, one bit each.</summary>
    public static ulong ShardsOf(CommandDescriptor command, Argument* arguments, int count, Routing routing)
    {
        if (command.Route == CommandRoute.Everywhere)
            return All(routing);
        ulong shards = 0;
        if (command.KeysBySpec)
        {
            if (TouchesPatterns(command, arguments, count))
                return All(routing);
            foreach (int index in KeyExtractor.Positions(command, arguments, count))
                shards |= 1UL << routing.ShardOf(arguments[index].Pointer, arguments[index].Length);
            return shards;
        }
        int last = command.LastKey < 0 ? count + command.LastKey : command.LastKey;
        for (int i = command.FirstKey; i <= last && i < count; i += command.KeyStep)
            shards |= 1UL << routing.ShardOf(arguments[i].Pointer, arguments[i].Length);
        return shards;
    }

    /// <summary>Replies why a command that could not be resolved was rejected.</summary>
    /// <returns>The command, when it is known which was meant (the number of its arguments is wrong).</returns>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static CommandDescriptor? Reject(ref CommandContext context)
    {
        var name = context.Arguments;
        var renamed = context.Client.Loop.Server.RenamedCommands;
        var command = renamed is null ? CommandTable.Find(name->Pointer, name->Length) : renamed.Find(name->Pointer, name->Length);
        if (command is null)
        {
            RejectUnknown(ref context);
            return null;
        }
        if (command.Subcommands.Length != 0 && context.Count > 1)
        {
            var subcommand = CommandTable.FindSubcommand(command, context[1]);
            if (subcommand is null)
            {
                Span<byte> upper = stackalloc byte[64];
                int length = System.Text.Encoding.ASCII.GetBytes(command.Name.ToUpperInvariant(), upper);
                var shown = Shown(context[1], ShownBytesMax);
                Span<byte> text = stackalloc byte[64 + ShownBytesMax + 64];
                var writer = new SpanText(text);
                writer.Add("ERR unknown subcommand '"u8);
                writer.Add(shown);
                writer.Add("'. Try "u8);
                writer.Add(upper[..length]);
                writer.Add(" HELP."u8);
                context.Reply.Error(writer.Written);
                return null;
            }
            command = subcommand;
        }
        if (command.Route == CommandRoute.Transaction)
            Abort(ref context, command);
        else
            WrongArity(ref context, command);
        return command;
    }

    /// <summary>Replies that the number of arguments is wrong.</summary>
    public static void WrongArity(ref CommandContext context, CommandDescriptor command) => WrongArity(ref context, command, "ERR "u8);

    /// <summary>An EXEC that is rejected itself ends the transaction, and says why.</summary>
    private static void Abort(ref CommandContext context, CommandDescriptor command)
    {
        context.Client.Transaction.End(context.Partitions);
        WrongArity(ref context, command, Errors.ExecAbortedPrefix);
    }

    private static void WrongArity(ref CommandContext context, CommandDescriptor command, ReadOnlySpan<byte> prefix)
    {
        Span<byte> text = stackalloc byte[200];
        var writer = new SpanText(text);
        writer.Add(prefix);
        writer.Add("wrong number of arguments for '"u8);
        writer.AddAscii(command.Name);
        writer.Add("' command"u8);
        context.Reply.Error(writer.Written);
    }

    private static ulong All(Routing routing) => routing.ShardCount == 64 ? ulong.MaxValue : (1UL << routing.ShardCount) - 1;

    // Keys that are known only once the command runs: it holds all shards then.
    private static bool TouchesPatterns(CommandDescriptor command, Argument* arguments, int count) =>
        command.HasKeyPatterns && Generic.SortKeys.HasPatterns(arguments, count);

    private static int ShardOfSpecKeys(CommandDescriptor command, Argument* arguments, int count, Routing routing)
    {
        if (TouchesPatterns(command, arguments, count))
            return Sharding.CommandBatch.Spanning;
        int shard = -1;
        foreach (int index in KeyExtractor.Positions(command, arguments, count))
        {
            int next = routing.ShardOf(arguments[index].Pointer, arguments[index].Length);
            if (shard >= 0 && next != shard)
                return Sharding.CommandBatch.Spanning;
            shard = next;
        }
        if (shard >= 0 && routing.ShardCount > 1 && (command.Flags & CommandFlags.Suspends) != 0)
            return Sharding.CommandBatch.Spanning;
        return shard < 0 ? 0 : shard;
    }

    /// <summary>Replies what Redis says when a subcommand checks its own number of arguments.</summary>
    public static void WrongSubcommandSyntax(ref CommandContext context)
    {
        Span<byte> upper = stackalloc byte[32];
        int length = System.Text.Encoding.ASCII.GetBytes((context.Command.Parent ?? context.Command).Name.ToUpperInvariant(), upper);
        context.Reply.Error(
            "ERR unknown subcommand or wrong number of arguments for '"u8, Shown(context[1], ShownBytesMax), "'. Try "u8, upper[..length], " HELP."u8);
    }

    /// <summary>What Redis prints of an argument: as a C string, so up to the first zero byte.</summary>
    public static ReadOnlySpan<byte> Shown(ReadOnlySpan<byte> text, int bytesMax = int.MaxValue)
    {
        int end = text.IndexOf((byte)0);
        if (end >= 0)
            text = text[..end];
        return text.Length > bytesMax ? text[..bytesMax] : text;
    }

    private static void RejectUnknown(ref CommandContext context)
    {
        if (context.Is(0, "POST"u8) || context.Is(0, "HOST:"u8))
        {
            // A web page made a browser speak to us: Redis hangs up without a word, and so do we.
            var client = context.Client;
            client.Loop.Server.Log.Warning(
                $"Possible SECURITY ATTACK detected. It looks like somebody is sending POST or Host: commands to Redis. This is likely due to an attacker "
                + $"attempting to use Cross Protocol Scripting to compromise your Redis instance. Connection from {client.Address} aborted.");
            client.Loop.Sockets.Kill(client);
            return;
        }
        Span<byte> text = stackalloc byte[64 + 3 * ShownBytesMax];
        var writer = new SpanText(text);
        writer.Add("ERR unknown command '"u8);
        writer.Add(Shown(context[0], ShownBytesMax));
        writer.Add("', with args beginning with: "u8);
        int shown = 0;
        for (int i = 1; i < context.Count && shown < ShownBytesMax; i++)
        {
            var argument = Shown(context[i], ShownBytesMax - shown);
            writer.Add("'"u8);
            writer.Add(argument);
            writer.Add("' "u8);
            shown += argument.Length + 3;
        }
        context.Reply.Error(writer.Written);
    }
}
