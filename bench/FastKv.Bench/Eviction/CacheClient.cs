// A client that uses a server as a cache, in pipelines. Control plane.
using System.Net;
using System.Net.Sockets;
using FastKv.LoadGen.Load;
using FastKv.Memory;

namespace FastKv.Bench.Eviction;

/// <summary>GETs what is asked for, and SETs what was missing.</summary>
internal sealed class CacheClient : IDisposable
{
    private const int ValueBytesMin = 32;
    private const int ValueBytesMax = 256;
    private const int SecondsMin = 600;
    private const int SecondsMax = 7200;

    private readonly Socket _socket;
    private readonly bool _withExpiry;
    private readonly byte[] _value = new byte[ValueBytesMax];
    private readonly MemoryStream _request = new();
    private readonly byte[] _input = new byte[1 << 16];
    private int _at, _end;

    /// <summary>Connects.</summary>
    /// <param name="endPoint">The server.</param>
    /// <param name="withExpiry">Whether values get a time to live, which differs by key.</param>
    public CacheClient(EndPoint endPoint, bool withExpiry)
    {
        _withExpiry = withExpiry;
        new Random(1).NextBytes(_value);
        _socket = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        _socket.Connect(endPoint);
    }

    /// <summary>Asks for keys and fills in what is missing.</summary>
    /// <returns>Hits.</returns>
    public int Ask(ReadOnlySpan<long> keys)
    {
        _request.SetLength(0);
        foreach (long key in keys)
            Write("GET", Name(key), default, 0);
        Send();
        Span<bool> isMissing = stackalloc bool[keys.Length];
        int hits = 0;
        for (int i = 0; i < keys.Length; i++)
        {
            long length = ReadLine('$');
            isMissing[i] = length < 0;
            if (length < 0)
                continue;
            hits++;
            Skip((int)length + 2);
        }
        if (hits == keys.Length)
            return hits;

        _request.SetLength(0);
        for (int i = 0; i < keys.Length; i++)
        {
            if (!isMissing[i])
                continue;
            var random = new RandomSource((ulong)keys[i]);
            int bytes = ValueBytesMin + (int)random.Below(ValueBytesMax - ValueBytesMin + 1);
            int seconds = SecondsMin + (int)random.Below(SecondsMax - SecondsMin);
            Write("SET", Name(keys[i]), _value.AsSpan(0, bytes), _withExpiry ? seconds : 0);
        }
        Send();
        for (int i = 0; i < keys.Length; i++)
        {
            if (isMissing[i])
                ReadLine('+');
        }
        return hits;
    }

    /// <inheritdoc/>
    public void Dispose() => _socket.Dispose();

    private static string Name(long key) => $"key:{key:D12}";

    private void Write(string command, string key, ReadOnlySpan<byte> value, int seconds)
    {
        int words = 2 + (value.IsEmpty ? 0 : 1) + (seconds > 0 ? 2 : 0);
        Add($"*{words}\r\n$3\r\n{command}\r\n${key.Length}\r\n{key}\r\n");
        if (!value.IsEmpty)
        {
            Add($"${value.Length}\r\n");
            _request.Write(value);
            Add("\r\n");
        }
        if (seconds > 0)
        {
            string text = seconds.ToString(System.Globalization.CultureInfo.InvariantCulture);
            Add($"$2\r\nEX\r\n${text.Length}\r\n{text}\r\n");
        }
    }

    private void Add(string text)
    {
        foreach (char c in text)
            _request.WriteByte((byte)c);
    }

    private void Send() => _socket.Send(_request.GetBuffer(), 0, (int)_request.Length, SocketFlags.None);

    private long ReadLine(char kind)
    {
        byte first = Next();
        long number = 0;
        bool isNegative = false;
        var error = first == kind ? null : new List<char>();
        for (byte b = Next(); b != '\r'; b = Next())
        {
            error?.Add((char)b);
            isNegative |= b == '-';
            if (b is >= (byte)'0' and <= (byte)'9')
                number = (number * 10) + (b - '0');
        }
        Next();
        if (error is not null)
            throw new LoadException(new string([.. error]));
        return isNegative ? -1 : number;
    }

    private void Skip(int count)
    {
        for (; count > 0; count--)
            Next();
    }

    private byte Next()
    {
        if (_at == _end)
        {
            _at = 0;
            _end = _socket.Receive(_input);
            if (_end == 0)
                throw new LoadException("the server closed the connection");
        }
        return _input[_at++];
    }
}
