using FastKv.Engine.Persistence.Rdb;
using FastKv.Memory;
using FastKv.Structures;
using Xunit;
using ValueType = FastKv.Structures.ValueType;

namespace FastKv.Tests.Persistence;

/// <summary>Does to a value what commands would, so that anything unsound in it shows.</summary>
internal static unsafe class ValueUse
{
    public static void Exercise(ValueHeap values, ref byte* entry, RdbValueWriter writer, Random random, long nowMs)
    {
        byte[] digest = new byte[20];
        Engine.Persistence.DatasetDigest.OfValue(values, new EntryRef(entry), digest);
        AssertSurvives(values, entry, writer, random, nowMs, digest);
        entry = Change(values, entry, nowMs);
    }

    // Written in slices and read back it is the same.
    private static void AssertSurvives(ValueHeap values, byte* entry, RdbValueWriter writer, Random random, long nowMs, byte[] digest)
    {
        var buffer = default(NativeBuffer);
        RdbType type = RdbValueWriter.TypeOf(new EntryRef(entry));
        writer.Begin(values, new EntryRef(entry), compress: random.Next(2) == 0);
        while (!writer.Continue(ref buffer, random.Next(1, 5000)))
            continue;
        var input = new RdbInput(buffer.Data, buffer.Length);
        byte* again = RdbValueReader.Read(values, ref input, type, "key"u8, -1, 0, nowMs);
        Assert.True(again != null, $"what was written does not load: {input.Fault} at {input.FaultOffset}, type {type}");
        Assert.Equal(0, input.Left);
        byte[] other = new byte[20];
        Engine.Persistence.DatasetDigest.OfValue(values, new EntryRef(again), other);
        Assert.Equal(digest, other);
        buffer.Release();
        int budget = int.MaxValue;
        while (!Engine.Keyspace.Values.Free(values, again, ref budget))
            budget = int.MaxValue;
    }

    private static byte* Change(ValueHeap values, byte* entry, long nowMs)
    {
        var view = new EntryRef(entry);
        ReadOnlySpan<byte> text = "another member, of some length, so that it is not kept as an integer and does not fit a small one"u8;
        switch (view.Type)
        {
            case ValueType.String:
                return StringEntry.Append(values.Heap, entry, text);
            case ValueType.List:
                return ListValue.Push(values, ListValue.Push(values, entry, text, atHead: true), "5"u8, atHead: false);
            case ValueType.Set:
                entry = SetValue.Add(values, entry, "17"u8, out _);
                return SetValue.Add(values, entry, text, out _);
            case ValueType.SortedSet:
                return SortedSetValue.Set(values, SortedSetValue.Set(values, entry, "m"u8, 1.5, out _), text, -7, out _);
            case ValueType.Hash:
                entry = HashValue.Put(values, entry, HashValue.Find(values, entry, "f"u8, nowMs), "f"u8, "v"u8, 0, nowMs);
                return HashValue.Put(values, entry, HashValue.Find(values, entry, text, nowMs), text, text, nowMs + 1000, nowMs);
            default:
                StreamState* stream = StreamValue.Of(view);
                fixed (byte* bytes = text)
                {
                    ByteString* pair = stackalloc ByteString[2];
                    pair[0] = pair[1] = new ByteString { Pointer = bytes, Length = text.Length };
                    if (!stream->Last.IsMax)
                        StreamLog.Append(values, stream, stream->Last.Next, pair, 1);
                }
                if (!stream->First.IsZero)
                    StreamLog.Delete(values.Heap, stream, stream->First);
                return entry;
        }
    }
}
