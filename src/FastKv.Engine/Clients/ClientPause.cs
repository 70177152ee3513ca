using FastKv.Engine.Commands;

namespace FastKv.Engine.Clients;

/// <summary>The server-wide state of CLIENT PAUSE. Written by any loop, read by all.</summary>
internal sealed class ClientPause
{
    private long _untilMs;
    private volatile bool _writesOnly;

    /// <summary>Whether a pause is in force.</summary>
    public bool IsOn(long nowMs) => nowMs < Volatile.Read(ref _untilMs);

    public bool WritesOnly => _writesOnly;

    public long UntilMs => Volatile.Read(ref _untilMs);

    /// <summary>Begins or extends a pause: as in Redis, the stricter mode and the later end win.</summary>
    public void Begin(long untilMs, bool writesOnly, long nowMs)
    {
        bool wasOn = IsOn(nowMs);
        _writesOnly = writesOnly && (!wasOn || _writesOnly);
        Volatile.Write(ref _untilMs, wasOn ? Math.Max(untilMs, UntilMs) : untilMs);
    }

    public void End() => Volatile.Write(ref _untilMs, 0);

    /// <summary>Whether a command has to wait.</summary>
    public bool Holds(CommandDescriptor? command, long nowMs)
    {
        if (command is null || !IsOn(nowMs))
            return false;

        // CLIENT goes through, or nobody could lift the pause on a connection that is held.
        if ((command.Parent ?? command).Name is "client" or "reset" or "hello" or "quit")
            return false;
        return !_writesOnly || (command.Flags & (CommandFlags.Write | CommandFlags.MayReplicate)) != 0;
    }
}
