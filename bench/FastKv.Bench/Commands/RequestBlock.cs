// Requests as a client would send them, made before the clock runs. For measurements.
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using FastKv.LoadGen.Load;
using FastKv.Memory;

namespace FastKv.Bench.Commands;

/// <summary>Pipelined requests over random keys, in native memory, in batches like those of a receive.</summary>
internal sealed unsafe class RequestBlock : IDisposable
{
    /// <summary>Requests that arrive together.</summary>
    public const int BatchRequests = 64;

    private RequestBlock(ReadOnlySpan<byte> bytes, long[] batchEnds)
    {
        Data = (byte*)NativeMemory.Alloc((nuint)bytes.Length);
        bytes.CopyTo(new Span<byte>(Data, bytes.Length));
        BatchEnds = batchEnds;
    }

    /// <summary>The first byte.</summary>
    public byte* Data { get; }

    /// <summary>Where each batch ends, from <see cref="Data"/>.</summary>
    public long[] BatchEnds { get; }

    /// <summary>Repeats a line of commands until there are <paramref name="requests"/>.</summary>
    /// <param name="line">Commands separated by " ; ", words by a blank; {key} is a random key's number, the same in all commands of a line,
    /// {next} the next number.</param>
    /// <param name="requests">Commands in all; a multiple of those in the line.</param>
    /// <param name="keys">Size of the key space.</param>
    public static RequestBlock Make(string line, int requests, int keys)
    {
        string[] commands = line.Split(" ; ");
        var random = new RandomSource(11);
        var bytes = new MemoryStream();
        var ends = new List<long>();
        for (int i = 0; i < requests; i += commands.Length)
        {
            string key = random.Below(keys).ToString("D12", CultureInfo.InvariantCulture);
            string next = (i / commands.Length).ToString("D12", CultureInfo.InvariantCulture);
            foreach (string command in commands)
                Write(bytes, command.Replace("{key}", key, StringComparison.Ordinal).Replace("{next}", next, StringComparison.Ordinal));
            if ((i + commands.Length) % BatchRequests < commands.Length)
                ends.Add(bytes.Length);
        }
        if (ends.Count == 0 || ends[^1] != bytes.Length)
            ends.Add(bytes.Length);
        return new RequestBlock(bytes.ToArray(), [.. ends]);
    }

    /// <summary>Fills in templates of the load generator in turn until there are <paramref name="requests"/>.</summary>
    public static RequestBlock Make(RequestTemplate[] templates, int requests, FieldSource source)
    {
        int room = templates.Max(t => t.RoomBytes);
        var bytes = new byte[(long)requests * room];
        var ends = new List<long>();
        long length = 0;
        fixed (byte* start = bytes)
        {
            for (int i = 0; i < requests; i++)
            {
                length += templates[i % templates.Length].Write(start + length, source);
                if ((i + 1) % BatchRequests == 0 || i + 1 == requests)
                    ends.Add(length);
            }
        }
        return new RequestBlock(bytes.AsSpan(0, (int)length), [.. ends]);
    }

    /// <inheritdoc/>
    public void Dispose() => NativeMemory.Free(Data);

    private static void Write(MemoryStream bytes, string command)
    {
        string[] words = command.Split(' ');
        bytes.Write(Encoding.Latin1.GetBytes($"*{words.Length}\r\n"));
        foreach (string word in words)
            bytes.Write(Encoding.Latin1.GetBytes($"${word.Length}\r\n{word}\r\n"));
    }
}
