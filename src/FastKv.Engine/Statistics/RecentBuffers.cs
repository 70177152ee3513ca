namespace FastKv.Engine;

/// <summary>
/// The largest input and output buffers of clients in the last eight seconds (INFO's client_recent_max_input_buffer and its sister): a maximum per second.
/// Written by one loop when it looks at its clients, read late by others. Data plane.
/// </summary>
internal sealed class RecentBuffers
{
    private const int Seconds = 8;

    private readonly long[] _input = new long[Seconds];
    private readonly long[] _output = new long[Seconds];
    private long _second;

    public long InputMax => _input.Max();

    public long OutputMax => _output.Max();

    /// <summary>Notes a client's buffers.</summary>
    public void Note(long inputBytes, long outputBytes, long nowMs)
    {
        long second = nowMs / 1000;
        int place = (int)(second % Seconds);
        for (long passed = Math.Max(_second + 1, second - Seconds + 1); passed <= second; passed++)
            _input[passed % Seconds] = _output[passed % Seconds] = 0;
        _second = Math.Max(_second, second);
        _input[place] = Math.Max(_input[place], inputBytes);
        _output[place] = Math.Max(_output[place], outputBytes);
    }
}
