using FastKv.Engine.Clients;
using FastKv.Engine.Commands;
using FastKv.Protocol;

namespace FastKv.Engine.Monitoring;

/// <summary>
/// Which of several calls that were not timed one by one has probably taken a time that is not accounted for: the one that had most to read and to write.
/// What takes long otherwise is always timed. Data plane, on its rare path.
/// </summary>
internal unsafe struct Suspect
{
    private CommandDescriptor? _command;
    private Argument* _arguments;
    private int _count;
    private long _bytes;

    /// <summary>Considers a call of a batch that has just ended.</summary>
    public void Consider(LoopTimeline timeline, CommandDescriptor? command, Argument* arguments, int count, long replyBytes)
    {
        if (command is null || !CommandStatistics.IsSampled(command) || timeline.WasTimed(arguments))
            return;
        long bytes = Math.Max(0, replyBytes);
        for (int i = 0; i < count; i++)
            bytes += arguments[i].Length + sizeof(Argument);
        if (bytes <= _bytes)
            return;
        _command = command;
        _arguments = arguments;
        _count = count;
        _bytes = bytes;
    }

    /// <summary>Notes the time as that of the suspect, if there is one.</summary>
    public readonly void Note(LoopTimeline timeline, Client client, long nanoseconds)
    {
        if (_command is not null)
            timeline.Watch.Note(client, _command, _arguments, _count, nanoseconds);
    }
}
