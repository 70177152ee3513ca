using FastKv.Engine.Clients;
using FastKv.Engine.Commands;
using FastKv.Engine.Configuration;
using FastKv.Memory;
using FastKv.Protocol;

namespace FastKv.Engine.Monitoring;

/// <summary>One slow command.</summary>
/// <param name="Id">Counts up from 0, over all resets.</param>
/// <param name="UnixSeconds">When it ended.</param>
/// <param name="Microseconds">How long it took.</param>
/// <param name="Arguments">Its arguments, shortened.</param>
/// <param name="Address">The client's address.</param>
/// <param name="ClientName">The client's name.</param>
internal sealed record SlowlogEntry(long Id, long UnixSeconds, long Microseconds, byte[][] Arguments, string Address, string ClientName);

/// <summary>
/// The commands that took longer than <c>slowlog-log-slower-than</c>, the last <c>slowlog-max-len</c> of them. One for all shards, under a lock: who comes
/// here has just spent milliseconds, or has asked for every command. Control plane.
/// </summary>
internal sealed unsafe class Slowlog(ServerOptions options, IClock clock)
{
    /// <summary>More arguments, and longer ones, are shortened.</summary>
    private const int ArgumentsMax = 32;
    private const int ArgumentBytesMax = 128;

    private readonly ServerOptions _options = options;
    private readonly IClock _clock = clock;
    private readonly LinkedList<SlowlogEntry> _entries = new();
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

    /// <summary>Adds an entry in front.</summary>
    public void Add(Client client, CommandDescriptor command, Argument* arguments, int count, long microseconds)
    {
        var shown = Shorten(command, arguments, count);
        lock (_lock)
        {
            _entries.AddFirst(new SlowlogEntry(_nextId++, _clock.UnixMicroseconds / 1_000_000, microseconds, shown, client.Address, client.Name));
            while (_entries.Count > _options.SlowlogMaxLen)
                _entries.RemoveLast();
        }
    }

    /// <summary>The newest entries, newest first; negative: all.</summary>
    public SlowlogEntry[] Newest(long count)
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

    /// <summary>Follows a lower <c>slowlog-max-len</c>; a log that is off keeps what it has.</summary>
    public void Trim()
    {
        if (_options.SlowlogLogSlowerThan < 0)
            return;
        lock (_lock)
        {
            while (_entries.Count > _options.SlowlogMaxLen)
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
