using FastKv.Engine.Clients;
using FastKv.Engine.Configuration;

namespace FastKv.Engine.Sharding;

// Data plane. Whether an idle loop polls a little before it sleeps. One connection that asks and waits gains 2.7 times from that, since its
// latency is wake-up time; many connections gain nothing, and at medium load polling burns CPU. So a loop spins only while few connections
// are active and recent waits were short enough for the spin to have caught their end.

/// <summary>The adaptive spin of one loop.</summary>
internal sealed class IdleSpin(ServerOptions options)
{
    /// <summary>More active connections than this in one window: the loop never spins.</summary>
    private const int ActiveMax = 2;

    /// <summary>Length of the window over which active connections are counted, microseconds.</summary>
    private const long WindowUs = 20_000;

    /// <summary>Waits that would have been caught, less those that would not, kept within ±this.</summary>
    private const int ScoreMax = 8;

    private readonly ServerOptions _options = options;
    private long _epoch = 1;
    private long _windowEndUs;
    private int _active;
    private int _activeBefore;
    private int _score;
    private long _idleSinceUs;
    private bool _spinning;

    /// <summary>Notes that a connection has sent something.</summary>
    public void OnActive(Client client)
    {
        if (client.ActiveEpoch != _epoch)
        {
            client.ActiveEpoch = _epoch;
            _active++;
        }
    }

    /// <summary>Notes the outcome of a poll.</summary>
    public void OnPolled(int events, bool slept, long nowUs)
    {
        if (nowUs >= _windowEndUs)
        {
            _windowEndUs = nowUs + WindowUs;
            _activeBefore = _active;
            _active = 0;
            _epoch++;
        }
        if (events == 0)
        {
            if (slept)
                _score = Math.Max(_score - 1, -ScoreMax);
            return;
        }
        bool caught = nowUs - _idleSinceUs <= _options.SpinUs;
        if (slept || _spinning)
            _score = caught ? Math.Min(_score + 1, ScoreMax) : Math.Max(_score - 1, -ScoreMax);
        _spinning = false;
        _idleSinceUs = nowUs;
    }

    /// <summary>Whether to poll once more instead of sleeping.</summary>
    public bool ShouldSpin(long nowUs)
    {
        if (_options.SpinUs == 0 || _score < 0 || Math.Max(_active, _activeBefore) is 0 or > ActiveMax)
            return false;
        _spinning = true;
        return nowUs - _idleSinceUs < _options.SpinUs;
    }
}
