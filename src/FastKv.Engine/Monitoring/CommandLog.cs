using FastKv.Engine.Clients;
using FastKv.Engine.Commands;
using FastKv.Engine.Configuration;
using FastKv.Memory;
using FastKv.Protocol;

namespace FastKv.Engine.Monitoring;

/// <summary>What a log keeps commands for.</summary>
internal enum CommandLogType
{
    /// <summary>They took long; the amount is microseconds.</summary>
    Slow,

    /// <summary>The request was large; the amount is bytes.</summary>
    LargeRequest,

    /// <summary>The reply was large; the amount is bytes.</summary>
    LargeReply,
}

/// <summary>One command of a log.</summary>
/// <param name="Id">Counts up from 0, over all resets.</param>
/// <param name="UnixSeconds">When it ended.</param>
/// <param name="Amount">How long it took, or how large it was.</param>
/// <param name="Arguments">Its arguments, shortened.</param>
/// <param name="Address">The client's address.</param>
/// <param name="ClientName">The client's name.</param>
internal sealed record CommandLogEntry(long Id, long UnixSeconds, long Amount, byte[][] Arguments, string Address, string ClientName);

/// <summary>
/// The last commands that took longer, or were larger, than a threshold of the configuration (SLOWLOG, COMMANDLOG). One of each type for all shards, under a
/// lock: who comes here has just spent milliseconds or moved a megabyte, or has asked for every command. Control plane.
/// </summary>
internal sealed unsafe class CommandLog(ServerOptions options, IClock clock, CommandLogType type)
{
    /// <summary>More arguments, and longer ones, are shortened.</summary>
    private const int ArgumentsMax = 32;
    private const int ArgumentBytesMax = 128;

    private readonly ServerOptions _options = options;
    private readonly IClock _clock = clock;
    private readonly CommandLogType _type = type;
    private readonly LinkedList<CommandLogEntry> _entries = new();
    private readonly Lock _lock = new();
    private long _nextId;

    public int Count
    {
        get
        {
            lock (_lock)
                return _entries.Count;
        }
    }

    /// <summary>From which amount on commands are kept; negative: none is, because that is off or no place is given to them.</summary>
    public long Threshold => LengthMax == 0 ? -1 : Configured;

    private long Configured => _type switch
    {
        CommandLogType.Slow => _options.SlowlogLogSlowerThan,
        CommandLogType.LargeRequest => _options.CommandlogRequestLargerThan,
        _ => _options.CommandlogReplyLargerThan,
    };

    private long LengthMax => _type switch
    {
        CommandLogType.Slow => _options.SlowlogMaxLen,
        CommandLogType.LargeRequest => _options.CommandlogLargeRequestMaxLen,
        _ => _options.CommandlogLargeReplyMaxLen,
    };

    /// <summary>Adds an entry in front.</summary>
    public void Add(Client client, CommandDescriptor command, Argument* arguments, int count, long amount)
    {
        var shown = Shorten(command, arguments, count);
        lock (_lock)
        {
            _entries.AddFirst(new CommandLogEntry(_nextId++, _clock.UnixMicroseconds / 1_000_000, amount, shown, client.Address, client.Name));
            while (_entries.Count > LengthMax)
                _entries.RemoveLast();
        }
    }

    /// <summary>The newest entries, newest first; negative: all.</summary>
    public CommandLogEntry[] Newest(long count)
    {
        lock (_lock)
            return [.. count < 0 ? _entries : _entries.Take((int)Math.Min(count, int.MaxValue))];
    }

    /// <summary>Forgets all entries.</summary>
    public void Reset()
    {
        lock (_lock)
            _entries.Clear();
    }

    /// <summary>Follows a lower maximum of entries; a log that is off keeps what it has.</summary>
    public void Trim()
    {
        if (Configured < 0)
            return;
        lock (_lock)
        {
            while (_entries.Count > LengthMax)
                _entries.RemoveLast();
        }
    }

    private static byte[][] Shorten(CommandDescriptor command, Argument* arguments, int count)
    {
        var shown = new byte[Math.Min(count, ArgumentsMax)][];
        for (int i = 0; i < shown.Length; i++)
        {
            var argument = SecretArguments.IsSecret(command, arguments, count, i) ? SecretArguments.Placeholder : arguments[i].Span;
            if (count > ArgumentsMax && i == ArgumentsMax - 1)
                shown[i] = System.Text.Encoding.ASCII.GetBytes($"... ({count - ArgumentsMax + 1} more arguments)");
            else if (argument.Length > ArgumentBytesMax)
                shown[i] = [.. argument[..ArgumentBytesMax], .. System.Text.Encoding.ASCII.GetBytes($"... ({argument.Length - ArgumentBytesMax} more bytes)")];
            else
                shown[i] = argument.ToArray();
        }
        return shown;
    }
}
