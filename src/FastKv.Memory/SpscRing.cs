namespace FastKv.Memory;

public sealed class SpscRing<T>
{
    public SpscRing(int capacity) => throw new NotImplementedException();
    public int Capacity => throw new NotImplementedException();
    public bool TryEnqueue(T item) => throw new NotImplementedException();
    public void Publish() => throw new NotImplementedException();
    public bool TryPeek(out T item) => throw new NotImplementedException();
    public bool TryDequeue(out T item) => throw new NotImplementedException();
    public bool IsEmpty => throw new NotImplementedException();
}
