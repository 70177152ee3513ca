using FastKv.Engine.Commands;
using FastKv.Engine.Keyspace;
using FastKv.Memory;
using FastKv.Protocol;

namespace FastKv.Engine.Sharding;

// Data plane. How the replies of a scattered command's parts become one (see PartMerge). A part's first line never straddles two
// buffer segments: writers reserve headers in one piece.

/// <summary>Merges the parts of a ticket into the client's output.</summary>
internal static unsafe class ReplyMerge
{
    /// <summary>Makes the parts' replies one, as the command says.</summary>
    public static void Merge(Ticket ticket, CommandDescriptor command, ReplyWriter reply, Routing routing)
    {
        if (TryTakeError(ticket, reply.Output))
            return;
        switch (command.Merge)
        {
            case PartMerge.First:
                First(ticket, reply.Output);
                break;
            case PartMerge.Sum:
                reply.Integer(Sum(ticket));
                break;
            case PartMerge.PerKey:
                PerKey(ticket, reply, routing);
                break;
            default:
                Concatenate(ticket, reply);
                break;
        }
    }

    /// <summary>If any part failed, its error is the reply.</summary>
    public static bool TryTakeError(Ticket ticket, BufferChain output)
    {
        foreach (var part in ticket.Parts)
        {
            if (part is { Replies.Length: > 0 } && FirstLine(part.Replies)[0] == '-')
            {
                output.AppendChain(part.Replies);
                return true;
            }
        }
        return false;
    }

    /// <summary>The text of that error without the leading '-'; empty: no part failed.</summary>
    public static ReadOnlySpan<byte> ErrorOf(Ticket ticket)
    {
        foreach (var part in ticket.Parts)
        {
            if (part is { Replies.Length: > 0 } && FirstLine(part.Replies) is [(byte)'-', .. var text])
                return text;
        }
        return default;
    }

    public static void First(Ticket ticket, BufferChain output)
    {
        foreach (var part in ticket.Parts)
        {
            if (part is { Replies.Length: > 0 })
            {
                output.AppendChain(part.Replies);
                return;
            }
        }
    }

    public static long Sum(Ticket ticket)
    {
        long sum = 0;
        foreach (var part in ticket.Parts)
        {
            if (part is not null)
                sum += Number(FirstLine(part.Replies));
        }
        return sum;
    }

    /// <summary>Puts the elements back in the order of the keys.</summary>
    public static void PerKey(Ticket ticket, ReplyWriter reply, Routing routing)
    {
        ref var slot = ref ticket.Batch.Slots[ticket.Slot];
        var command = slot.Command!;
        var arguments = ticket.Batch.Arguments.Items + slot.First;
        int last = command.LastKey < 0 ? slot.Count + command.LastKey : command.LastKey;
        reply.ArrayHeader((last - command.FirstKey) / command.KeyStep + 1);
        for (int i = command.FirstKey; i <= last; i += command.KeyStep)
        {
            var replies = ticket.Parts[routing.ShardOf(arguments[i].Pointer, arguments[i].Length)]!.Replies;
            var line = FirstLine(replies);
            long length = line.Length + 2;
            if (line[0] == '$' && line[1] != '-')
                length += Number(line) + 2;
            replies.MoveTo(reply.Output, length);
        }
    }

    /// <summary>One array of all parts' elements.</summary>
    public static void Concatenate(Ticket ticket, ReplyWriter reply)
    {
        long count = 0;
        foreach (var part in ticket.Parts)
        {
            if (part is null)
                continue;
            var line = FirstLine(part.Replies);
            count += Number(line);
            part.Replies.Consume(line.Length + 2);
        }
        reply.ArrayHeader(count);
        foreach (var part in ticket.Parts)
        {
            if (part is not null)
                reply.Output.AppendChain(part.Replies);
        }
    }

    private static ReadOnlySpan<byte> FirstLine(BufferChain replies)
    {
        // A deferred header leaves an empty segment before it when it did not fit.
        var segment = replies.Head;
        while (segment->Length == segment->Consumed)
            segment = segment->Next;
        var bytes = new ReadOnlySpan<byte>(segment->Data + segment->Consumed, segment->Length - segment->Consumed);
        return bytes[..bytes.IndexOf((byte)'\r')];
    }

    private static long Number(ReadOnlySpan<byte> line) => NumberText.TryParseInt64(line[1..], out long value) ? value : 0;
}
