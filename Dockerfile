# The studio, for a user without rights:
#   docker build -t brushwork . && docker run --rm -p 127.0.0.1:8000:8000 -v brushwork:/home/painter brushwork
# It prints a link with a token; open that. The image has 1.4 GB, more than half of it torch.
FROM python:3.13-slim AS build
RUN apt-get update && apt-get install --no-install-recommends --yes g++ && rm -rf /var/lib/apt/lists/*
COPY . /source
RUN pip wheel --no-deps --wheel-dir /wheels /source

FROM python:3.13-slim
COPY --from=build /wheels /wheels
COPY constraints.txt /wheels/
RUN pip install --no-cache-dir --no-deps --constraint /wheels/constraints.txt --index-url https://download.pytorch.org/whl/cpu torch \
    && pip install --no-cache-dir --constraint /wheels/constraints.txt "$(ls /wheels/*.whl)[studio]" \
    && rm -rf /wheels
RUN useradd --create-home painter
USER painter
WORKDIR /home/painter
EXPOSE 8000
ENTRYPOINT ["brushwork", "studio", "--no-open", "--host", "0.0.0.0", "--port", "8000"]
