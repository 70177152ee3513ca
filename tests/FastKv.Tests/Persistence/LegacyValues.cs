using System.Buffers.Binary;
using System.Text;

namespace FastKv.Tests.Persistence;

/// <summary>Values as Redis wrote them before 7.0 (and from 7.2 on), made by hand: type byte and value.</summary>
internal static class LegacyValues
{
    /// <summary>Samples of every type that FastKv reads and does not write.</summary>
    public static IEnumerable<byte[]> All()
    {
        yield return [1, 3, .. Text("one"), .. Text("2"), .. Text("three")];
        yield return [2, 3, .. Text("one"), 0xC0, 7, .. Text("three")];
        yield return [3, 2, .. Text("one"), .. Text("1.5"), .. Text("two"), 254];
        yield return [4, 2, .. Text("f"), .. Text("v"), .. Text("g"), .. Text("w")];
        yield return [5, 2, .. Text("one"), .. BitConverter.GetBytes(2.5), .. Text("two"), .. BitConverter.GetBytes(-1.0)];
        yield return [9, .. Text(Zipmap(("name", "value"), ("field", "other")))];
        yield return [10, .. Text(Ziplist("a", "1234", "-7", "300000", "99999999999", "12", new string('x', 100), new string('y', 20000)))];
        yield return [11, .. Text(Intset(2, 1, 5, 9))];
        yield return [12, .. Text(Ziplist("one", "1", "two", "2.5", "three", "1e100"))];
        yield return [13, .. Text(Ziplist("f", "v", "g", "15"))];
        yield return [14, 2, .. Text(Ziplist("a", "b")), .. Text(Ziplist("c", "-1"))];
        yield return [16, .. Text(Listpack("f", "v", "g", "15"))];
        yield return [17, .. Text(Listpack("one", "1", "two", "2.5"))];
        yield return [18, 2, 2, .. Text(Listpack("a", "b")), 1, .. Text("plain")];
        yield return [20, .. Text(Listpack("one", "2", "three"))];
        yield return [22, 2, .. Length(0), .. Text("f"), .. Text("v"), .. Length(4_000_000_000_000), .. Text("g"), .. Text("w")];
        yield return [23, .. Text(Listpack("g", "w", "4000000000000", "f", "v", "0"))];
        yield return [24, .. BitConverter.GetBytes(4_000_000_000_000L), 2, 0, .. Text("f"), .. Text("v"), 5, .. Text("g"), .. Text("w")];
        yield return [25, .. BitConverter.GetBytes(4_000_000_000_000L), .. Text(Listpack("g", "w", "4000000000000", "f", "v", "0"))];
        foreach (byte type in new byte[] { 15, 19, 21 })
            yield return Stream(type);
    }

    public static byte[] Text(string text) => Text(Encoding.Latin1.GetBytes(text));

    public static byte[] Text(byte[] bytes) => [.. Length((ulong)bytes.Length), .. bytes];

    public static byte[] Length(ulong length)
    {
        if (length < 64)
            return [(byte)length];
        if (length < 16384)
            return [(byte)(0x40 | length >> 8), (byte)length];
        byte[] bytes = new byte[9];
        bytes[0] = 0x81;
        BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(1), length);
        return bytes;
    }

    public static byte[] Zipmap(params (string Field, string Value)[] pairs)
    {
        var bytes = new List<byte> { (byte)pairs.Length };
        foreach ((string field, string value) in pairs)
            bytes.AddRange([(byte)field.Length, .. Encoding.Latin1.GetBytes(field), (byte)value.Length, 1, .. Encoding.Latin1.GetBytes(value), 0]);
        bytes.Add(255);
        return [.. bytes];
    }

    public static byte[] Intset(int width, params long[] members)
    {
        var bytes = new List<byte>();
        bytes.AddRange(BitConverter.GetBytes(width));
        bytes.AddRange(BitConverter.GetBytes(members.Length));
        foreach (long member in members)
            bytes.AddRange(BitConverter.GetBytes(member)[..width]);
        return [.. bytes];
    }

    public static byte[] Ziplist(params string[] elements)
    {
        var body = new List<byte>();
        int previous = 0, tail = 10;
        foreach (string element in elements)
        {
            int start = body.Count;
            tail = 10 + start;
            if (previous < 254)
                body.Add((byte)previous);
            else
                body.AddRange([254, .. BitConverter.GetBytes(previous)]);
            body.AddRange(ZiplistContent(element));
            previous = body.Count - start;
        }
        return [.. BitConverter.GetBytes(body.Count + 11), .. BitConverter.GetBytes(tail), .. BitConverter.GetBytes((ushort)elements.Length), .. body, 255];
    }

    public static byte[] Listpack(params string[] elements)
    {
        var body = new List<byte>();
        foreach (string element in elements)
            body.AddRange(ListpackElement(element));
        return [.. BitConverter.GetBytes(body.Count + 7), .. BitConverter.GetBytes((ushort)elements.Length), .. body, 255];
    }

    private static byte[] ZiplistContent(string element)
    {
        if (long.TryParse(element, out long value))
        {
            return value switch
            {
                >= 0 and <= 12 => [(byte)(0xF1 + value)],
                >= sbyte.MinValue and <= sbyte.MaxValue => [0xFE, (byte)value],
                >= short.MinValue and <= short.MaxValue => [0xC0, .. BitConverter.GetBytes((short)value)],
                >= -(1 << 23) and < 1 << 23 => [0xF0, .. BitConverter.GetBytes((int)value)[..3]],
                >= int.MinValue and <= int.MaxValue => [0xD0, .. BitConverter.GetBytes((int)value)],
                _ => [0xE0, .. BitConverter.GetBytes(value)],
            };
        }
        byte[] text = Encoding.Latin1.GetBytes(element);
        if (text.Length < 64)
            return [(byte)text.Length, .. text];
        if (text.Length < 16384)
            return [(byte)(0x40 | text.Length >> 8), (byte)text.Length, .. text];
        byte[] length = BitConverter.GetBytes(text.Length);
        Array.Reverse(length);
        return [0x80, .. length, .. text];
    }

    private static byte[] ListpackElement(string element)
    {
        byte[] text = Encoding.Latin1.GetBytes(element);
        byte[] body = long.TryParse(element, out long value)
            ? value is >= 0 and < 128 ? [(byte)value] : [0xF4, .. BitConverter.GetBytes(value)]
            : [(byte)(0x80 | text.Length), .. text];
        return [.. body, (byte)body.Length];
    }

    private static byte[] Stream(byte type)
    {
        byte[] id = [0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 1];
        byte[] entries = Listpack(
            "2", "1", "1", "name", "0", "2", "0", "0", "first", "4", "3", "0", "1", "gone", "4", "0", "3", "0", "1", "other", "value", "6");
        byte[] facts = type == 15 ? [2, 9, 0] : [2, 9, 0, 5, 1, 5, 2, 4];
        byte[] seen = [.. BitConverter.GetBytes(1_600_000_000_000L), .. type == 21 ? BitConverter.GetBytes(1_600_000_000_001L) : []];
        byte[] read = type == 15 ? [] : [2];
        return [type, 1, .. Text(id), .. Text(entries), .. facts, 1, .. Text("group"), 5, 1, .. read, 1, .. id, .. BitConverter.GetBytes(1_600_000_000_000L), 3,
            2, .. Text("consumer"), .. seen, 1, .. id, .. Text("idle"), .. seen, 0];
    }
}
