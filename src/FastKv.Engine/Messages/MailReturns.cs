namespace FastKv.Engine.Messages;

/// <summary>Gathers blocks that go back to the same pool, so that many cost one compare-and-swap. Data plane; a local of the consumer.</summary>
internal unsafe ref struct MailReturns
{
    private PoolBlock* _first;
    private PoolBlock* _last;

    public void Add(PoolBlock* block)
    {
        if (_first != null && _first->Returns != block->Returns)
            Flush();
        block->Next = _first;
        if (_first == null)
            _last = block;
        _first = block;
    }

    public void Flush()
    {
        if (_first != null)
            MessagePool.Return(_first, _last);
        _first = null;
    }
}
