using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using FastKv.Engine.Keyspace;
using FastKv.Memory;
using FastKv.Protocol;
using FastKv.Structures;
using ValueType = FastKv.Structures.ValueType;

namespace FastKv.Engine.Persistence;

// Control plane. DEBUG DIGEST: 20 bytes that are the same for equal data, whatever its encoding, order or number of shards, and the same as Redis's. What has
// no order (keys, members, fields) is combined by exclusive or of SHA-1 sums; what has one is mixed in, that is, the sum so far is hashed again.

/// <summary>Digests of values and of all the data. O(bytes).</summary>
internal static unsafe class DatasetDigest
{
    public const int Bytes = 20;

    private const int StreamTypeNumber = 6;

    /// <summary>The digest of all databases of some partitions, which the caller has to itself.</summary>
    public static void OfAll(ReadOnlySpan<Partition> partitions, Span<byte> digest)
    {
        digest.Clear();
        Span<byte> number = stackalloc byte[sizeof(int)];
        for (int index = 0; index < partitions[0].Databases.Length; index++)
        {
            long keys = 0;
            foreach (var partition in partitions)
                keys += partition.Databases[index].Count;
            if (keys == 0)
                continue;
            BinaryPrimitives.WriteInt32BigEndian(number, index);
            Mix(digest, number);
            foreach (var partition in partitions)
            {
                var visitor = new KeyVisitor { Values = partition.Values, Digest = digest };
                ulong position = 0;
                do
                    position = partition.Databases[index].Scan(position, ref visitor);
                while (position != 0);
            }
        }
    }

    /// <summary>Mixes a value, and whether its key expires, into a digest.</summary>
    public static void OfValue(ValueHeap values, EntryRef entry, Span<byte> digest)
    {
        Span<byte> type = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32BigEndian(type, entry.Type == ValueType.Stream ? StreamTypeNumber : (int)entry.Type);
        Mix(digest, type);
        Span<byte> scratch = stackalloc byte[Listpack.ScratchBytes];
        switch (entry.Type)
        {
            case ValueType.String:
                Mix(digest, StringEntry.Read(entry.Block, scratch));
                break;
            case ValueType.List:
                var elements = ListValue.Iterate(entry);
                while (elements.MoveNext())
                    Mix(digest, elements.Text(scratch));
                break;
            case ValueType.Set:
                var members = SetValue.Iterate(values, entry);
                while (members.MoveNext())
                    Xor(digest, members.Text(scratch));
                break;
            case ValueType.SortedSet:
                OfSortedSet(values, entry, digest);
                break;
            case ValueType.Hash:
                OfHash(entry, digest);
                break;
            default:
                OfStream(values.Heap, entry, digest);
                break;
        }
        if (entry.HasExpiry)
            Xor(digest, "!!expire!!"u8);
    }

    private static void OfSortedSet(ValueHeap values, EntryRef entry, Span<byte> digest)
    {
        Span<byte> element = stackalloc byte[Bytes];
        Span<byte> score = stackalloc byte[NumberText.DoubleCharsMax];
        var members = new SortedSetCursor(values, entry);
        while (members.MoveNext())
        {
            element.Clear();
            Mix(element, members.Member);
            Mix(element, score[..NumberText.FormatDouble17(score, members.Score)]);
            Xor(digest, element);
        }
    }

    private static void OfHash(EntryRef entry, Span<byte> digest)
    {
        Span<byte> element = stackalloc byte[Bytes];
        Span<byte> scratch = stackalloc byte[HashValue.ScratchBytes];
        var fields = new HashCursor(entry);
        while (fields.MoveNext())
        {
            element.Clear();
            Mix(element, fields.Field(scratch));
            Mix(element, fields.Value(scratch));
            if (fields.ExpiryMs > 0)
                Xor(element, "!!hexpire!!"u8);
            Xor(digest, element);
        }
    }

    private static void OfStream(NativeHeap heap, EntryRef entry, Span<byte> digest)
    {
        using var entries = StreamState.Range(heap, StreamValue.Of(entry), StreamId.Zero, StreamId.Max);
        while (entries.MoveNext())
        {
            Mix(digest, Encoding.ASCII.GetBytes($"{entries.Id.Ms}.{entries.Id.Seq}"));
            var items = entries.Items;
            for (int i = 0; i < entries.FieldCount; i++)
            {
                Mix(digest, items.NextField());
                Mix(digest, items.NextValue());
            }
        }
    }

    private static void Mix(Span<byte> digest, StreamItem item)
    {
        if (item.IsInteger)
            Mix(digest, Encoding.ASCII.GetBytes(item.Integer.ToString(System.Globalization.CultureInfo.InvariantCulture)));
        else
            Mix(digest, item.Bytes);
    }

    private static void Xor(Span<byte> digest, ReadOnlySpan<byte> bytes)
    {
        Span<byte> sum = stackalloc byte[Bytes];
        Sum(bytes, sum);
        for (int i = 0; i < Bytes; i++)
            digest[i] ^= sum[i];
    }

    private static void Mix(Span<byte> digest, ReadOnlySpan<byte> bytes)
    {
        Xor(digest, bytes);
        Span<byte> sum = stackalloc byte[Bytes];
        Sum(digest, sum);
        sum.CopyTo(digest);
    }

#pragma warning disable CA5350 // SHA-1 protects nothing here: the digest has to equal Redis's.
    private static void Sum(ReadOnlySpan<byte> bytes, Span<byte> sum) => SHA1.HashData(bytes, sum);
#pragma warning restore CA5350

    private ref struct KeyVisitor : IEntryVisitor
    {
        public ValueHeap Values;
        public Span<byte> Digest;

        public readonly void Visit(byte* entry)
        {
            var view = new EntryRef(entry);
            Span<byte> own = stackalloc byte[Bytes];
            own.Clear();
            Mix(own, view.Key);
            OfValue(Values, view, own);
            Xor(Digest, own);
        }
    }
}
