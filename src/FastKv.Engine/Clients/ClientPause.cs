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

    /// <summary>Whether a client's command has to wait: with ALL every one does, CLIENT UNPAUSE included. Monitors are never paused.</summary>
    public bool Holds(Client client, CommandDescriptor? command, long nowMs)
    {
        if (command is null || !IsOn(nowMs) || (client.Gate & ClientGate.IsMonitor) != 0)
            return false;
        return !_writesOnly || MayReplicate(client, command);
    }

    /// <summary>Whether a command of the client may change what others are told of, which for EXEC the queued commands say.</summary>
    public static bool MayReplicate(Client client, CommandDescriptor command) =>
        (FlagsOf(client, command) & (CommandFlags.Write | CommandFlags.MayReplicate)) != 0;

    /// <summary>Whether a command of the client writes, which for EXEC the queued commands say.</summary>
    public static bool Writes(Client client, CommandDescriptor command) => (FlagsOf(client, command) & CommandFlags.Write) != 0;

    private static CommandFlags FlagsOf(Client client, CommandDescriptor command) =>
        command.Route == CommandRoute.Transaction ? client.Transaction.Flags : command.Flags;
}
