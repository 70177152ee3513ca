using System.Runtime.CompilerServices;
using FastKv.Memory;
using FastKv.Protocol;
using FastKv.Structures;

namespace FastKv.Engine.Commands.Streams;

// Data plane. How IDs and entries look in replies.

/// <summary>Writes IDs and entries.</summary>
internal static unsafe class StreamReplies
{
    /// <summary>Two numbers and a dash.</summary>
    public const int IdBytesMax = (2 * NumberText.Int64CharsMax) + 1;

    /// <summary>The text of an ID; returns its length.</summary>
    /// <param name="id">The ID.</param>
    /// <param name="text">Room for <see cref="IdBytesMax"/> bytes.</param>
    public static int Format(StreamId id, byte* text)
    {
        int length = NumberText.FormatUnsigned(text, id.Ms);
        text[length++] = (byte)'-';
        return length + NumberText.FormatUnsigned(text + length, id.Seq);
    }

    /// <summary>An ID as bulk string.</summary>
    [SkipLocalsInit]
    public static void Id(ReplyWriter reply, StreamId id)
    {
        byte* text = stackalloc byte[64];
        reply.BulkString(new ReadOnlySpan<byte>(text, Format(id, text)));
    }

    /// <summary>An entry: its ID and its fields and values, and perhaps two things more, which are the caller's.</summary>
    public static void Entry(ReplyWriter reply, StreamId id, int fieldCount, StreamItems items, int elements = 2)
    {
        reply.ArrayHeader(elements);
        Id(reply, id);
        reply.ArrayHeader(2L * fieldCount);
        for (int i = 0; i < fieldCount; i++)
        {
            Item(reply, items.NextField());
            Item(reply, items.NextValue());
        }
    }

    /// <summary>The entry of an ID; false: there is none, and nothing was written.</summary>
    public static bool TryEntry(ReplyWriter reply, NativeHeap heap, StreamState* stream, StreamId id, int elements = 2)
    {
        var walk = StreamState.Range(heap, stream, id, id);
        if (!walk.MoveNext())
            return false;
        Entry(reply, walk.Id, walk.FieldCount, walk.Items, elements);
        return true;
    }

    /// <summary>An array of the entries of a range, at most <paramref name="count"/> (0: all).</summary>
    public static void Range(ReplyWriter reply, NativeHeap heap, StreamState* stream, StreamId start, StreamId end, long count, bool isReverse)
    {
        var array = reply.BeginArray();
        long written = 0;
        using (var walk = StreamState.Range(heap, stream, start, end, isReverse))
        {
            while (walk.MoveNext())
            {
                Entry(reply, walk.Id, walk.FieldCount, walk.Items);
                if (++written == count)
                    break;
            }
        }
        reply.EndArray(array, written);
    }

    /// <summary>No such key or group, in the words of most commands.</summary>
    public static void NoGroup(ref CommandContext context, ReadOnlySpan<byte> key, ReadOnlySpan<byte> group, ReadOnlySpan<byte> suffix = default)
    {
        var reply = context.Reply;
        reply.BeginError(Errors.NoGroupOrKeyPrefix);
        reply.ErrorPiece(CommandRules.Shown(key));
        reply.ErrorPiece(Errors.NoGroupOrKeyInfix);
        reply.ErrorPiece(CommandRules.Shown(group));
        reply.ErrorPiece("'"u8);
        reply.ErrorPiece(suffix);
        reply.EndError();
    }

    /// <summary>No such group, in the words of XGROUP and XINFO.</summary>
    public static void NoGroupOfKey(ref CommandContext context, ReadOnlySpan<byte> key, ReadOnlySpan<byte> group) =>
        context.Reply.Error(Errors.NoGroupPrefix, CommandRules.Shown(group), Errors.NoGroupInfix, CommandRules.Shown(key), "'"u8);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Item(ReplyWriter reply, StreamItem item)
    {
        if (item.IsInteger)
            reply.BulkInteger(item.Integer);
        else
            reply.BulkString(item.Bytes);
    }
}
